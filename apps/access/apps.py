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
        from apps.access.services.words import WORDS
        from apps.access.units import ADMIN_UNITS, UNITS, register_units
        from apps.audit.words import register_words

        for label in ("access.Grant", "audit.Entry"):
            register_locator(label, PathLocator())
        register_words(WORDS)
        register_units(*UNITS, admin=ADMIN_UNITS)
