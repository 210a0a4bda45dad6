"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    """Tenants, and the base of every tenant-scoped row."""

    name = "apps.tenants"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        """Tell the powers below where tenants are."""
        from apps.access.places import register_keeper, register_system_tenant
        from apps.access.scopes import Level
        from apps.tenants.places import hold_tenant, is_system_tenant

        register_keeper(Level.TENANT, hold_tenant)
        register_system_tenant(is_system_tenant)
