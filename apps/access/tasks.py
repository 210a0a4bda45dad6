"""What has to be done about powers on time."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.models import Grant
from apps.jobs.registry import Periodic
from apps.jobs.sweeping import sweep
from apps.jobs.turns import Turn

SHOWN_FOR: Final = timedelta(days=90)
"""So long after its end a grant is still listed as ended; the audit log knows of it for ever."""


def forget_ended(turn: Turn) -> None:
    """Delete grants that ended long ago. They have given nothing since."""
    sweep(turn, Grant.unscoped.filter(expires_at__lt=turn.now - SHOWN_FOR).order_by("expires_at", "pk"))


JOBS = (
    Periodic(
        name="access.forget_ended",
        title=_("Forget grants that ended long ago"),
        every=timedelta(days=1),
        limit=timedelta(minutes=30),
        work=forget_ended,
    ),
)
