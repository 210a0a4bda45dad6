"""What has to be done about messages on time."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from apps.jobs.registry import Periodic
from apps.jobs.turns import Turn
from apps.messaging.services.retention import expire_events


def erase_past_retention(turn: Turn) -> None:
    """Erase what is older than its tenant keeps it."""
    expire_events(now=turn.now, beat=turn.did)


JOBS = (
    Periodic(
        name="messaging.erase_past_retention",
        title=_("Erase messages past retention"),
        every=timedelta(hours=6),
        limit=timedelta(hours=6),
        work=erase_past_retention,
    ),
)
