"""Addresses of the origin of goods. A lot number may hold a slash."""

from django.urls import path, re_path

from pinlian.apps.trace import code_pages, office_pages, pages

app_name = "trace"

_LOT = r"(?P<gtin>[0-9]{14})/(?P<lot>.+)/"

urlpatterns = [
    path("office/", office_pages.overview, name="office"),
    re_path(rf"^office/orders/{_LOT}$", office_pages.orders_csv, name="office-orders"),
    re_path(rf"^office/{_LOT}$", office_pages.lot, name="office-lot"),
    re_path(rf"^proof/{_LOT}$", pages.proof, name="proof"),
    re_path(rf"^scan/{_LOT}$", pages.scan, name="scan"),
    path("box/<slug:sscc>/", code_pages.box, name="box"),
    re_path(r"^place/(?P<gln>[0-9]{13})/(?:(?P<extension>.+)/)?$", code_pages.place, name="place"),
    re_path(r"^(?P<gtin>[0-9]{14})/$", code_pages.product, name="product"),
    re_path(rf"^{_LOT}$", pages.lot, name="lot"),
]
