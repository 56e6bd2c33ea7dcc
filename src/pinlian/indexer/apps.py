"""Registration of the indexer's tables with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IndexerConfig(AppConfig):
    name = "pinlian.indexer"
    verbose_name = _("Chain index")
