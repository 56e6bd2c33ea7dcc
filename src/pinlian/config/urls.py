"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, re_path

from pinlian.config.back_office import log_in_to_back_office
from pinlian.config.http_api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("me/", include("pinlian.apps.people.urls")),
    path("shop/", include("pinlian.apps.shop.urls")),
    path("shop/", include("pinlian.apps.market.urls")),
    path("capture/", include("pinlian.apps.capture.urls")),
    path("money/", include("pinlian.apps.money.urls")),
    path("lots/", include("pinlian.apps.trace.urls")),
    path("", include("pinlian.apps.groupbuy.urls")),
    path("record/", include("pinlian.record.urls")),
    re_path(r"^epcis(?:/|$)", include("pinlian.apps.epcis.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("arbitration/", include("pinlian.apps.arbitration.urls")),
    path("", include("pinlian.apps.resolver.urls")),
    path("office/login/", log_in_to_back_office),
    path("office/", admin.site.urls),
]
