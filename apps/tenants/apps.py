"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    """Tenants, and the base of every tenant-scoped row."""

    name = "apps.tenants"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        """Tell those below where tenants are and what is due about them, and keep the wall between them up to date."""
        from apps.access.locators import TenantLocator, register_locator
        from apps.access.places import register_keeper, register_system_tenant
        from apps.access.scopes import Level
        from apps.access.units import register_units
        from apps.audit.words import register_words
        from apps.jobs.registry import register_jobs
        from apps.tenants.checks import check_wall
        from apps.tenants.places import hold_tenant, is_system_tenant
        from apps.tenants.services.acting import WORDS
        from apps.tenants.tasks import JOBS
        from apps.tenants.units import ADMIN_UNITS, UNITS

        register_units(*UNITS, admin=ADMIN_UNITS)
        register_words(WORDS)
        register_locator("tenants.Tenant", TenantLocator("id"))
        register_keeper(Level.TENANT, hold_tenant)
        register_system_tenant(is_system_tenant)
        register_jobs(JOBS)
        register(check_wall, Tags.security, deploy=True)
        post_migrate.connect(_build_wall, sender=self)


def _build_wall(using: str, **_kwargs: Any) -> None:
    """After migrations: put the wall around tables that are new."""
    from apps.tenants.wall import build_wall

    build_wall(using)
