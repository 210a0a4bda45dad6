"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Scopes, units, roles and grants."""

    name = "apps.access"
    verbose_name = _("Powers")

    def ready(self) -> None:
        """Register the units that giving powers and reading the audit log need, and where their rows are."""
        from apps.access.locators import PathLocator, register_locator
        from apps.access.units import ADMIN_UNITS, UNITS, register_units

        for label in ("access.Grant", "audit.Entry"):
            register_locator(label, PathLocator())
        register_units(*UNITS, admin=ADMIN_UNITS)
