"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    """Conversations and who is in them."""

    name = "apps.conversations"
    verbose_name = _("Conversations")
