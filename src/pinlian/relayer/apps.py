"""Registration of the journal's tables with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RelayerConfig(AppConfig):
    name = "pinlian.relayer"
    verbose_name = _("Relayer")
