"""Directories that are due, side by side: a slow one holds up its tenant's own, and nobody else's.

Each is claimed by itself (`claims`), so it does no harm when another process looks after them, too. Not here: what a
run does (`runs`).
"""

from collections import deque
from functools import partial
from typing import Final
from uuid import UUID

from django.utils import timezone

from apps.identity.models import DirectoryClock
from apps.identity.services.directories.runs import MAX_DUE, due_directories, synchronise_at_its_time
from apps.jobs.lanes import Lanes
from apps.jobs.turns import Turn

AT_ONCE: Final = 4
"""Tenants whose directories one process reads at a time; each holds a database connection. Others wait their turn."""
LOOK_S: Final = 2.0
"""How soon one that becomes due is begun while others are under way."""


def synchronise_on_time(turn: Turn) -> None:
    """Synchronise what is due, and what becomes due meanwhile, each directory once. Raises TurnOver.

    Runs that are under way then go on by themselves: a process that ends takes them along, and the next one that
    comes to the directory finds them broken off.
    """
    lanes, tried, done = Lanes("directory", AT_ONCE), set[UUID](), deque[UUID]()
    while True:
        turn.did(_drained(done))
        _begin(lanes, tried, done)
        if not lanes.busy:
            turn.did(_drained(done))
            return
        lanes.wait(LOOK_S)


def _begin(lanes: Lanes, tried: set[UUID], done: deque[UUID]) -> None:
    busy = [UUID(key) for key in lanes.busy]
    due = due_directories(now=timezone.now()).exclude(pk__in=tried).exclude(tenant_id__in=busy)
    for clock in due[:MAX_DUE]:
        if lanes.is_full:
            return
        if lanes.start(str(clock.tenant_id), partial(_synchronise, clock, done)):
            tried.add(clock.pk)


def _synchronise(clock: DirectoryClock, done: deque[UUID]) -> None:
    if synchronise_at_its_time(clock, now=timezone.now()) is not None:
        done.append(clock.pk)


def _drained(done: deque[UUID]) -> int:
    """Return how many have been added since the last time. Only this thread takes any away."""
    count = len(done)
    for _ in range(count):
        done.popleft()
    return count
