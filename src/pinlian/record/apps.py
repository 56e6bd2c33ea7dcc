"""Registration of the record's tables with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordConfig(AppConfig):
    name = "pinlian.record"
    verbose_name = _("Record")
