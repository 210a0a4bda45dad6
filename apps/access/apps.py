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
        from apps.access.tasks import JOBS
        from apps.access.units import ADMIN_UNITS, UNITS, register_units
        from apps.audit.words import register_words
        from apps.jobs.registry import register_jobs

        for label in ("access.Grant", "audit.Entry"):
            register_locator(label, PathLocator())
        register_words(WORDS)
        register_jobs(JOBS)
        register_units(*UNITS, admin=ADMIN_UNITS)
