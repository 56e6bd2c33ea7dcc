"""Addresses of the log, as c2sp.org/tlog-tiles gives them."""

from django.urls import path, re_path

from pinlian.record import pages

app_name = "record"

_NUMBER = r"(?P<number>(?:x(?!000)[0-9]{3}/(?:x[0-9]{3}/){0,3})?[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"

urlpatterns = [
    path("checkpoint", pages.checkpoint, name="checkpoint"),
    re_path(rf"^tile/(?P<level>[0-9]|[1-5][0-9]|6[0-3])/{_NUMBER}$", pages.tile, name="tile"),
    re_path(rf"^tile/entries/{_NUMBER}$", pages.entries, name="entries"),
]
