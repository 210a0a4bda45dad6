"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    """Conversations and who is in them."""

    name = "apps.conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        """Say what may be allowed."""
        from apps.access.units import register_units
        from apps.conversations.units import ADMIN_UNITS, UNITS

        register_units(*UNITS, admin=ADMIN_UNITS)
