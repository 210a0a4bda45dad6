"""What has to be done about organisations on time."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.jobs.registry import Periodic
from apps.jobs.sweeping import sweep
from apps.jobs.turns import Turn
from apps.orgs.exchange.imports import KEPT_FOR
from apps.orgs.models import Import

BATCH_IMPORTS: Final = 10
"""Each goes with its rows, which may be thousands."""


def forget_imports(turn: Turn) -> None:
    """Delete imports that nobody applied in time: their rows may hold first passwords, sealed."""
    waiting = Import.unscoped.exclude(state=Import.State.APPLIED)
    sweep(turn, waiting.filter(created_at__lt=turn.now - KEPT_FOR).order_by("pk"), batch_rows=BATCH_IMPORTS)


JOBS = (
    Periodic(
        name="orgs.forget_imports",
        title=_("Forget imports that nobody applied"),
        every=timedelta(hours=6),
        limit=timedelta(minutes=30),
        work=forget_imports,
    ),
)
