"""Texts of the back office's framework, which has no Chinese of its own. Its templates find them in our catalogue."""

from django.utils.translation import gettext_noop as _

FRAMEWORK_TEXTS = (
    _("All applications"),
    _("Apply Filters"),
    _("Cancel"),
    _("Dark"),
    _("Date from"),
    _("Date to"),
    _("Filters"),
    _("General"),
    _("Go back"),
    _("Light"),
    _("More actions"),
    _("No data"),
    _("No results found"),
    _("No results matching your query"),
    _("Reset filters"),
    _("Return to site"),
    _("Run"),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select record"),
    _("Select value"),
    _("System"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Type to search"),
)
