"""Addresses of the arbiter's pages."""

from django.urls import path, re_path

from pinlian.apps.arbitration import pages

app_name = "arbitration"
urlpatterns = [
    path("", pages.cases, name="cases"),
    re_path(r"^(?P<case_id>0x[0-9a-f]{64})/$", pages.rule, name="rule"),
]
