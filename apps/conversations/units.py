"""What may be allowed about conversations: to see that they are there and who is in them, never what was said."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.access.units import Permission, Unit

CONVERSATIONS_VIEW: Final = Unit(
    "conversations.conversations.view", _("see which conversations there are"), _("Conversations"), Level.TENANT
)

UNITS: Final = (CONVERSATIONS_VIEW,)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {("conversations", "conversation", "view"): CONVERSATIONS_VIEW}
