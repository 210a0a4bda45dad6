"""One at work on a directory at a time, until she is done, or silent for too long: her process may have died."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from apps.common.retry import run_in_transaction
from apps.identity.errors import DirectoryBusy
from apps.identity.models import Connection, DirectoryClock, DirectoryRun

SILENT_FOR: Final = timedelta(minutes=10)
"""Whoever is silent for longer has lost the directory to the next one; at work one says so every few seconds."""
BEAT: Final = timedelta(seconds=5)
"""How often whoever is at work says so, at most: more would only cost."""
BROKEN_OFF: Final = "broken_off"
"""The trouble of a run whose process ended before it did."""
GOING: Final = (DirectoryRun.State.READING, DirectoryRun.State.APPLYING)


class Claim:
    """A directory that is one's own for now."""

    def __init__(self, connection: Connection) -> None:
        """Take it. What others began and never ended is broken off. Raises DirectoryBusy."""
        self._connection = connection
        self._since = timezone.now()
        rows = DirectoryClock.objects.for_tenant(connection.tenant_id)
        runs = DirectoryRun.objects.for_tenant(connection.tenant_id).filter(connection=connection, state__in=GOING)

        def take() -> None:
            row = DirectoryClock(connection=connection, tenant_id=connection.tenant_id)
            rows.bulk_create([row], ignore_conflicts=True)
            free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=self._since - SILENT_FOR)
            if rows.filter(free, connection=connection).update(claimed_at=self._since) != 1:
                raise DirectoryBusy
            runs.update(state=DirectoryRun.State.FAILED, trouble=BROKEN_OFF, finished_at=self._since)

        run_in_transaction(take)

    def beat(self) -> None:
        """Say that one is at work still. Raises DirectoryBusy where another has taken it over."""
        now = timezone.now()
        if now - self._since < BEAT:
            return
        if self._change(claimed_at=now) != 1:
            raise DirectoryBusy
        self._since = now

    def release(self) -> None:
        """Let others have it, if it is still one's own."""
        self._change(claimed_at=None)

    def release_until(self, due_at: datetime | None) -> None:
        """Let others have it, and let the next run be due then."""
        self._change(claimed_at=None, due_at=due_at)

    def _change(self, **values: datetime | None) -> int:
        rows = DirectoryClock.objects.for_tenant(self._connection.tenant_id)
        return rows.filter(connection=self._connection, claimed_at=self._since).update(**values)


def is_at_work(run: DirectoryRun, *, now: datetime) -> bool:
    """Tell whether somebody is at work on a run. One query for one that is not ended, else none."""
    if run.state not in GOING:
        return False
    rows = DirectoryClock.objects.for_tenant(run.tenant_id)
    return rows.filter(connection_id=run.connection_id, claimed_at__gte=now - SILENT_FOR).exists()
