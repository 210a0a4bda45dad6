"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    """Organisations, department trees, people's places in them, and relations between people."""

    name = "apps.orgs"
    verbose_name = _("Organisations")

    def ready(self) -> None:
        """Tell the powers below what may be allowed here, where rows are, which places there are, and what is done."""
        from apps.access.places import register_keeper
        from apps.access.scopes import Level
        from apps.access.units import register_units
        from apps.audit.words import register_words
        from apps.jobs.registry import register_jobs
        from apps.orgs.locators import register_locators
        from apps.orgs.services.trail import WORDS
        from apps.orgs.services.trees import hold_place
        from apps.orgs.tasks import JOBS
        from apps.orgs.units import ADMIN_UNITS, UNITS

        register_units(*UNITS, admin=ADMIN_UNITS)
        register_locators()
        register_words(WORDS)
        register_jobs(JOBS)
        for level in (Level.ORGANISATION, Level.DEPARTMENT):
            register_keeper(level, hold_place)
