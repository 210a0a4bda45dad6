"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """The event log of every conversation, and the cursors in it."""

    name = "apps.messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Say what has to be done on time."""
        from apps.jobs.registry import register_jobs
        from apps.messaging.tasks import JOBS

        register_jobs(JOBS)
