"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Periodic jobs of the installation."""

    name = "apps.jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        """Name what the audit log has about jobs."""
        from apps.audit.words import register_words
        from apps.jobs.services import WORDS

        register_words(WORDS)
