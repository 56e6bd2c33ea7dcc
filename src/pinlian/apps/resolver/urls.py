"""Addresses of the resolver: every GS1 key at the site's root, and the resolver's description."""

from django.urls import path, re_path

from pinlian.apps.resolver import pages
from pinlian.gs1.digital_link import QUALIFIERS_OF_KEY

app_name = "resolver"
urlpatterns = [
    path(".well-known/gs1resolver", pages.description, name="description"),
    re_path(rf"^(?:{'|'.join(QUALIFIERS_OF_KEY)})(?:/.*)?$", pages.resolve, name="resolve"),
]
