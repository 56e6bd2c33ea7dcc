"""Registration of the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResolverConfig(AppConfig):
    name = "pinlian.apps.resolver"
    verbose_name = _("Codes on goods")
