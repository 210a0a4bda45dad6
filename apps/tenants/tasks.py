"""What has to be done about tenants on time."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from apps.jobs.registry import Periodic
from apps.jobs.turns import Turn
from apps.tenants.services import purge_due


def erase_tenants(turn: Turn) -> None:
    """Erase the tenants whose grace period is over; one that this is cut off at is taken up by the next run."""
    purge_due(now=turn.now, beat=turn.did)


JOBS = (
    Periodic(
        name="tenants.erase",
        title=_("Erase tenants whose grace period is over"),
        every=timedelta(hours=1),
        limit=timedelta(hours=6),
        work=erase_tenants,
    ),
)
