"""Registration of the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupbuyConfig(AppConfig):
    name = "pinlian.apps.groupbuy"
    verbose_name = _("Group buying")
