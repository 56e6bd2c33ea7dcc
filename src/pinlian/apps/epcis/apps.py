"""Registration of the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EpcisConfig(AppConfig):
    name = "pinlian.apps.epcis"
    verbose_name = _("Events of goods")
