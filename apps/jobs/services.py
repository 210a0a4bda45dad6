"""Who runs a job, and what became of it: every answer is a write to the job's row, by the database's clock.

A claim counts the fence up and moves the due time on, so a due time is claimed once, whatever nodes believe. Everything
that a run writes later names its fence: after another claim it changes nothing. Not here: when a node tries (`runner`).
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.jobs.errors import JobBusy, JobUnknown
from apps.jobs.models import MAX_CODE_CHARS, MAX_NODE_CHARS, Job
from apps.jobs.pacing import RETRY, first_due, next_due, retry_due
from apps.jobs.registry import JOBS, Periodic

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

WORDS: Final[dict[str, "StrPromise"]] = {"jobs.job.asked": _("Job asked for at once")}
MAX_DUE: Final = 100
"""Jobs that one look finds; later ones wait for the next look."""

Luck = Callable[[], float]
_RUNNING: Final = Job.Outcome.RUNNING


class Asker(Protocol):
    """Who asks for a job, as the audit log has to know."""

    id: UUID
    tenant_id: UUID
    login: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job for one due time. `now` is when it was given, `fence` what makes it the last one."""

    name: str
    fence: int
    due_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A job whose time has come, and how long ago that was."""

    name: str
    late: timedelta


def prepare(jobs: Iterable[Periodic] = JOBS, *, luck: Luck = random.random) -> None:
    """Give every job its row that has none, due soon. Two nodes that do so at once do no harm."""
    wanted = {job.name: job for job in jobs}
    missing = wanted.keys() - set(Job.objects.filter(name__in=wanted).values_list("name", flat=True))
    if missing:
        now = _now()
        rows = [Job(name=name, due_at=first_due(now, wanted[name].every, luck=luck())) for name in sorted(missing)]
        Job.objects.bulk_create(rows, ignore_conflicts=True)


def find_due() -> list[Due]:
    """Return the jobs that wait to be claimed, the latest first. One query."""
    rows = Job.objects.filter(due_at__lte=Now()).exclude(outcome=_RUNNING).order_by("due_at", "name")
    return [Due(row.name, row.now - row.due_at) for row in rows.annotate(now=Now())[:MAX_DUE]]


def claim(
    job: Periodic, *, node: str, hold: timedelta, is_asked: bool = False, luck: Luck = random.random
) -> Claim | None:
    """Begin a run, if the job is due and nobody else is at work on it; None otherwise.

    `is_asked`: due or not. The run counts as lost unless `renew` is called again and again within `hold`.
    """

    def begin() -> Claim | None:
        row = Job.objects.select_for_update().annotate(now=Now()).filter(name=job.name).first()
        if row is None or row.outcome == _RUNNING or (row.due_at > row.now and not is_asked):
            return None
        # Somebody's wish is a due time of its own, unless a run began while this one waited for the row.
        due_at = min(row.due_at, row.now)
        if row.ran_due_at is not None and due_at <= row.ran_due_at:
            return None
        changed = _last(row.name, row.fence).update(
            fence=F("fence") + 1,
            outcome=_RUNNING,
            code="",
            done=0,
            node=node[:MAX_NODE_CHARS],
            ran_due_at=due_at,
            started_at=row.now,
            finished_at=None,
            held_until=row.now + hold,
            due_at=next_due(row.now, job.every, luck=luck()),
        )
        return Claim(row.name, row.fence + 1, due_at, row.now) if changed else None

    return run_in_transaction(begin)


def renew(held: Claim, *, done: int, hold: timedelta) -> bool:
    """Say that a run is still at work, and how far; False where it is not the last one any more. One query."""
    return bool(_running(held).update(held_until=Now() + hold, done=done))


def finish(held: Claim, outcome: Job.Outcome, *, done: int, code: str = "", retry: timedelta = RETRY) -> bool:
    """Write down how a run ended; False, and nothing is written, where it is not the last one any more.

    After a failure the job is due again after `retry`, and later each time it fails in a row; what the end of a node
    interrupted is due at once.
    """

    def end() -> bool:
        row = _running(held).select_for_update().annotate(now=Now()).first()
        if row is None:
            return False
        _settle(row, outcome, code=code, retry=retry)
        row.done = done
        return _written(row, held.fence)

    return run_in_transaction(end)


def give_up_silent(*, retry: timedelta = RETRY) -> list[str]:
    """Take the runs whose nodes have been silent for too long from them, and return the names of the jobs.

    Their fences are counted up, so that nothing these nodes may still write is taken.
    """
    names = Job.objects.filter(outcome=_RUNNING, held_until__lte=Now()).order_by("name")
    return [name for name in names.values_list("name", flat=True)[:MAX_DUE] if _give_up(name, retry)]


def ask_for(asker: Asker, *, name: str) -> None:
    """Have a job run as soon as a node looks. Raises JobUnknown, JobBusy."""

    def ask() -> None:
        row = Job.objects.select_for_update().annotate(now=Now()).filter(name=name).first()
        if row is None or JOBS.find(name) is None:
            raise JobUnknown(job=name)
        if row.outcome == _RUNNING:
            raise JobBusy(job=name)
        # A run that began while this waited for the row is what was wished for.
        if row.due_at > row.now and (row.ran_due_at is None or row.now > row.ran_due_at):
            Job.objects.filter(name=name).update(due_at=row.now)
        record(_asked(asker, row))

    run_in_transaction(ask)


def _give_up(name: str, retry: timedelta) -> bool:
    def take() -> bool:
        silent = Job.objects.filter(name=name, outcome=_RUNNING, held_until__lte=Now())
        row = silent.select_for_update(skip_locked=True).annotate(now=Now()).first()
        if row is None:
            return False
        fence = row.fence
        _settle(row, Job.Outcome.LOST, code="", retry=retry)
        row.fence += 1
        return _written(row, fence)

    return run_in_transaction(take)


def _settle(row: Job, outcome: Job.Outcome, *, code: str, retry: timedelta) -> None:
    """Write the end into a row, and when the job is due again. The row was read with the database's `now`."""
    now: datetime = row.now  # type: ignore[attr-defined]  # annotated by whoever read the row
    row.outcome, row.code, row.finished_at, row.held_until = outcome, code[:MAX_CODE_CHARS], now, None
    if outcome == Job.Outcome.DONE:
        row.failures = 0
    elif outcome == Job.Outcome.INTERRUPTED:
        row.due_at = now
    else:
        row.failures += 1
        every = row.due_at - (row.started_at or now)
        row.due_at = min(row.due_at, retry_due(now, every, failures=row.failures, first=retry))


def _written(row: Job, fence: int) -> bool:
    names = ("fence", "outcome", "code", "finished_at", "held_until", "failures", "due_at", "done")
    return bool(_last(row.name, fence).update(**{name: getattr(row, name) for name in names}))


def _last(name: str, fence: int) -> QuerySet[Job]:
    return Job.objects.filter(name=name, fence=fence)


def _running(held: Claim) -> QuerySet[Job]:
    return _last(held.name, held.fence).filter(outcome=_RUNNING)


def _now() -> datetime:
    """Return the database's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def _asked(asker: Asker, row: Job) -> Change:
    return Change(
        tenant_id=asker.tenant_id,
        actor_id=asker.id,
        actor_login=asker.login,
        scope="",
        action="jobs.job.asked",
        kind="job",
        target_id=row.name,
        target_label=str(JOBS.get(row.name).title),
        before={"due_at": row.due_at},
    )
