"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    """Tenants, and the base of every tenant-scoped row."""

    name = "apps.tenants"
    verbose_name = _("Tenants")
