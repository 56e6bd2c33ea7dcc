"""Addresses of the merchant's own pages."""

from django.urls import path, re_path

from pinlian.apps.shop import pages

app_name = "shop"
urlpatterns = [
    path("", pages.overview, name="overview"),
    re_path(r"^offers/(?P<offer_id>0x[0-9a-f]{64})/$", pages.offer, name="offer"),
    path("orders/", pages.orders, name="orders"),
    re_path(r"^orders\.(?P<suffix>csv|xlsx)$", pages.orders_file, name="orders-file"),
    path("cases/", pages.cases, name="cases"),
    path("payouts/", pages.paid, name="payouts"),
]
