"""A node's part in the jobs: every few seconds it looks what is due, and runs it in threads beside its event loop.

The node that owns the slot of a job's name begins at once. Any other node with the role `jobs` waits a little longer,
and then takes the job all the same: the owner may be dead, or serve sessions only. Who of them runs it is decided by
the database (`services`), so no belief about slots can make it run twice. A single process without a cluster owns all.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Any, Final, Self

from django.db import DatabaseError, connections

from apps.cluster.services import current
from apps.jobs import services, working
from apps.jobs.errors import JobBusy
from apps.jobs.lanes import Lanes
from apps.jobs.models import Job
from apps.jobs.registry import JOBS, Periodic, Registry
from apps.jobs.services import Claim
from apps.jobs.turns import Ending, Turn
from apps.metrics.repeater import Repeater

MAX_RUNNING: Final = 4
"""Jobs that one process runs side by side, each with a database connection; others wait. One that hangs keeps its
thread, so it is not begun anew in this process before it ends."""
BEATS_PER_HOLD: Final = 4
"""So often a run is heard of in the time after which its silence counts as its end."""
STOP_WITHIN_S: Final = 3.0
"""How long a stopping node waits for its runs; what does not ask whether to go on is left behind, and taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How fast things go, in seconds. Settings may name other values: tests are in a hurry."""

    look_s: float = 2.0
    """Between two looks; each begins one job at most, so jobs that are due together begin one after the other."""
    hold_s: float = 20.0
    """After this silence of its node a run counts as lost. Longer than a restart of the database should take."""
    stand_in_s: float = 5.0
    """So long the owner of a job's slot is given before others begin."""
    retry_s: float = 10.0
    """After how long a job is tried again that failed once."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Return the tempo of settings. Raises TypeError for a name that is none."""
        return cls(**options)

    @property
    def hold(self) -> timedelta:
        """`hold_s` for the database."""
        return timedelta(seconds=self.hold_s)

    @property
    def retry(self) -> timedelta:
        """`retry_s` for the database."""
        return timedelta(seconds=self.retry_s)


@dataclass(slots=True)
class _Running:
    """A run of this process."""

    job: Periodic
    held: Claim
    turn: Turn
    begun_s: float
    beat_s: float = field(default=0.0)


def owns(name: str) -> bool:
    """Tell whether this process owns the slot of a job, or there is no cluster."""
    cluster = current()
    return cluster is None or cluster.owner_of(f"job.{name}") == cluster.node


class Runner:
    """Looks, begins, watches and stops. Made once per process; `clock` is in seconds and never goes back."""

    def __init__(
        self,
        node: str,
        tempo: Tempo | None = None,
        *,
        jobs: Registry = JOBS,
        owns: Callable[[str], bool] = owns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._tempo = tempo or Tempo()
        self._jobs = jobs
        self._owns = owns
        self._clock = clock
        self._lanes = Lanes("job", MAX_RUNNING)
        self._running: dict[str, _Running] = {}
        self._lock = Lock()
        self._is_started = False
        self._is_stopping = False
        self._is_prepared = False
        self._repeater = Repeater("looking for jobs", self._tempo.look_s, self._look_and_let_go)

    def start(self) -> None:
        """Begin to look, in a thread of its own; the first look comes after one interval."""
        self._is_started = True
        self._repeater.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Begin nothing more, have what runs end, and wait for that within a bound."""
        self._is_stopping = True
        for running in self._known():
            running.turn.end(Ending.STOPPING)
        self._lanes.wait_all(within_s)
        if self._is_started:
            self._repeater.stop()

    def look(self) -> None:
        """Look once: keep what runs, give up what is silent elsewhere, begin what is due, one job at most."""
        if not self._is_prepared:
            services.prepare(self._jobs)
            self._is_prepared = True
        self._watch()
        services.give_up_silent(retry=self._tempo.retry)
        if self._is_stopping or self._lanes.is_full:
            return
        for due in services.find_due():
            job = self._jobs.find(due.name)
            is_ours = job is not None and due.name not in self._lanes.busy
            if job is not None and is_ours and self._may_begin(due) and self._begin(job):
                return

    def run_here(self, job: Periodic) -> Job:
        """Run a job in the thread that calls, due or not, and return its row. Raises JobBusy."""
        services.prepare([job])
        held = services.claim(job, node=self._node, hold=self._tempo.hold, is_asked=True)
        if held is None:
            raise JobBusy(job=job.name)
        running = self._note(job, held)
        beating = Repeater("keeping a job", self._tempo.hold_s / BEATS_PER_HOLD, self._watch_and_let_go)
        beating.start()
        try:
            working.carry_out(job, held, running.turn, retry=self._tempo.retry)
        except BaseException:  # Ctrl-C: the next node need not wait until the silence is long enough
            with suppress(DatabaseError):
                working.end(held, Job.Outcome.INTERRUPTED, done=running.turn.done)
            raise
        finally:
            self._forget(running)
            beating.stop()
        return Job.objects.get(pk=job.name)

    def _may_begin(self, due: services.Due) -> bool:
        return due.late >= timedelta(seconds=self._tempo.stand_in_s) or self._owns(due.name)

    def _begin(self, job: Periodic) -> bool:
        held = services.claim(job, node=self._node, hold=self._tempo.hold)
        if held is None:
            return False
        running = self._note(job, held)
        try:
            return self._lanes.start(job.name, partial(self._run, running))
        except RuntimeError:  # no thread to be had: whoever looks next may have one
            self._forget(running)
            working.end(held, Job.Outcome.INTERRUPTED, done=0)
            raise

    def _run(self, running: _Running) -> None:
        try:
            working.carry_out(running.job, running.held, running.turn, retry=self._tempo.retry)
        finally:
            self._forget(running)

    def _watch(self) -> None:
        """Let the database know of what runs; end what took too long, or was taken over."""
        now_s = self._clock()
        for running in self._known():
            if running.turn.ending is not None:
                continue
            if now_s - running.begun_s >= running.job.limit.total_seconds():
                running.turn.end(Ending.OVERRAN)
                working.end(running.held, Job.Outcome.OVERRAN, done=running.turn.done, retry=self._tempo.retry)
            elif now_s - running.beat_s >= self._tempo.hold_s / BEATS_PER_HOLD:
                running.beat_s = now_s
                if not services.renew(running.held, done=running.turn.done, hold=self._tempo.hold):
                    self._lose(running)

    def _lose(self, running: _Running) -> None:
        """End a run that the database knows no more, unless it has just ended by itself."""
        if running in self._known():
            running.turn.end(Ending.LOST)

    def _note(self, job: Periodic, held: Claim) -> _Running:
        now_s = self._clock()
        running = _Running(job, held, Turn(held.now), now_s, now_s)
        with self._lock:
            self._running[job.name] = running
        if self._is_stopping:
            running.turn.end(Ending.STOPPING)
        return running

    def _forget(self, running: _Running) -> None:
        with self._lock:
            if self._running.get(running.job.name) is running:
                del self._running[running.job.name]

    def _known(self) -> list[_Running]:
        with self._lock:
            return list(self._running.values())

    def _look_and_let_go(self) -> None:
        try:
            self.look()
        finally:
            connections.close_all()

    def _watch_and_let_go(self) -> None:
        try:
            self._watch()
        finally:
            connections.close_all()
