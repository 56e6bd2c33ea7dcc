"""Addresses of the capture app's pages."""

from django.urls import path, re_path

from pinlian.apps.capture import import_pages, label_pages, pages, sensor_pages

app_name = "capture"
urlpatterns = [
    path("", pages.home, name="home"),
    path("signed/", pages.signed, name="signed"),
    path("scanned/", pages.scanned, name="scanned"),
    path("worker.js", pages.worker, name="worker"),
    path("mine/", pages.mine, name="mine"),
    path("places/", pages.sites, name="sites"),
    path("import/", import_pages.import_file, name="import"),
    path("import/template.xlsx", import_pages.template, name="import-template"),
    path("sensors/", sensor_pages.sensors, name="sensors"),
    path("sensors/<slug:serial>/remove/", sensor_pages.sensor_revoke, name="sensor-revoke"),
    path("lots/<str:gtin>/<path:lot>/labels/", label_pages.lot_labels, name="labels"),
    path("boxes/labels/", label_pages.box_labels, name="box-labels"),
    path("goods/", pages.items, name="items"),
    re_path(r"^photos/(?P<digest>[0-9a-f]{64})\.webp$", pages.photo, name="photo"),
    path("<slug:name>/", pages.step, name="step"),
]
