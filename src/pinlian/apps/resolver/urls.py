"""Addresses of the resolver: every GS1 key at the site's root, and the resolver's description."""

from django.urls import path, re_path

from pinlian.apps.resolver import pages
from pinlian.gs1.digital_link import AI_OF_ALIAS, QUALIFIERS_OF_KEY

app_name = "resolver"
# The names that older links have for keys are answered too, with what is wrong with them.
_KEYS = [*QUALIFIERS_OF_KEY, *(alias for alias, ai in AI_OF_ALIAS.items() if ai in QUALIFIERS_OF_KEY)]
urlpatterns = [
    path(".well-known/gs1resolver", pages.description, name="description"),
    re_path(rf"^(?:{'|'.join(_KEYS)})(?:/.*)?$", pages.resolve, name="resolve"),
]
