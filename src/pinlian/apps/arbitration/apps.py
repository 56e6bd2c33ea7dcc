"""Registration of the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArbitrationConfig(AppConfig):
    name = "pinlian.apps.arbitration"
    verbose_name = _("Arbitration")
