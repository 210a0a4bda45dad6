"""What has to be done about directories on time."""

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from apps.identity.models import DirectoryRun
from apps.identity.services.directories.timetable import synchronise_on_time
from apps.jobs.registry import Periodic
from apps.jobs.sweeping import sweep
from apps.jobs.turns import Turn

RUNS_KEPT_FOR: Final = timedelta(days=90)
"""A run holds what it changed, thousands of names perhaps. The last one of each directory stays whatever its age."""
BATCH_RUNS: Final = 50


def forget_runs(turn: Turn) -> None:
    """Delete old runs of directories."""
    newer = DirectoryRun.unscoped.filter(connection_id=OuterRef("connection_id"), created_at__gt=OuterRef("created_at"))
    old = DirectoryRun.unscoped.filter(Exists(newer), created_at__lt=turn.now - RUNS_KEPT_FOR)
    sweep(turn, old.order_by("created_at", "pk"), batch_rows=BATCH_RUNS)


JOBS = (
    Periodic(
        name="identity.synchronise_directories",
        title=_("Synchronise directories that are due"),
        every=timedelta(minutes=1),
        limit=timedelta(hours=2),
        work=synchronise_on_time,
    ),
    Periodic(
        name="identity.forget_runs",
        title=_("Forget old runs of directories"),
        every=timedelta(days=1),
        limit=timedelta(minutes=30),
        work=forget_runs,
    ),
)
