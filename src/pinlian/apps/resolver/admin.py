"""Links of codes in the operator's back office."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from pinlian.apps.resolver.models import StoredLink


@admin.register(StoredLink)
class StoredLinkAdmin(ModelAdmin):
    list_display = ("identifier", "link_type", "title", "language", "is_default")
    list_filter = ("link_type", "language")
    search_fields = ("identifier", "title", "href")
