"""Runs of a directory: a preview, then its application, by an administrator or on time; one at a time.

Applying reads the directory once more and plans anew, so nothing old is carried out. Where too much would vanish the
run stops; somebody's yes to a preview holds for as much as that preview showed, and no more.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.access.selectors import Actor
from apps.audit.services import record
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.identity.errors import DirectoryBusy, DirectorySilent, DirectoryUnset, RunNotFound
from apps.identity.ldap.client import Directory
from apps.identity.ldap.failures import DirectoryFailed
from apps.identity.ldap.reading import read_directory
from apps.identity.ldap.settings import LdapSettings, SettingsRefused, read_settings
from apps.identity.models import Connection, DirectoryClock, DirectoryRun
from apps.identity.sealing import opened_secret
from apps.identity.services.acting import program_of
from apps.identity.services.connections import connection_entry, tended_connection
from apps.identity.services.directories.applying import Outcome, apply_plan, subject
from apps.identity.services.directories.presenting import read_present
from apps.identity.services.directories.texts import trouble_text
from apps.identity.services.directories.wanting import as_wanted
from apps.identity.syncing.planning import make_plan
from apps.identity.syncing.safety import Bounds, Vanishing, vanishing
from apps.identity.syncing.states import Rules
from apps.identity.syncing.steps import Finding, Plan, Step

logger = logging.getLogger(__name__)

MAX_CHANGES: Final = 20_000
"""Listed with one run, the first; `counts` has all of them."""
MAX_FINDINGS: Final = 2_000
"""Kept with one run, the first."""
KEPT_RUNS: Final = 50
"""Of one connection; older ones go when another one comes."""
CLAIM: Final = timedelta(minutes=30)
"""How long one process may be silent at work before another one takes over: it may have died."""
MAX_DUE: Final = 100
"""Directories that one call looks after; the others are due at the next one."""


def preview(actor: Actor, *, connection_id: UUID, now: datetime) -> DirectoryRun:
    """Compare and list what would change; nothing does.

    Raises ConnectionNotFound, NotPermitted, DirectoryUnset, DirectoryBusy or DirectorySilent.
    """
    connection = directory_for(actor, connection_id, now=now)
    settings = settings_of(connection)
    with _claimed(connection, settings, now=now):
        plan, lost = _compare(connection, settings, actor, now=now)
        return _stored(connection, plan, lost, actor, DirectoryRun.State.PREVIEWED)


def synchronise(
    actor: Actor, *, connection_id: UUID, now: datetime, confirmed_run_id: UUID | None = None
) -> DirectoryRun:
    """Make people and departments be as the directory has them, or stop where too much would vanish.

    `confirmed_run_id` names a run whose losses somebody has seen and said yes to. Raises as `preview` does, and
    RunNotFound.
    """
    connection = directory_for(actor, connection_id, now=now)
    settings = settings_of(connection)
    confirmed = None if confirmed_run_id is None else _confirmed(connection, confirmed_run_id)
    with _claimed(connection, settings, now=now):
        plan, lost = _compare(connection, settings, actor, now=now)
        bounds = Bounds(settings.vanishing_count, settings.vanishing_percent)
        may_vanish = not lost.exceeds(bounds) or (confirmed is not None and lost.within(confirmed))
        state = DirectoryRun.State.APPLYING if may_vanish else DirectoryRun.State.STOPPED
        run = _stored(connection, plan, lost, actor, state)
        if may_vanish:
            outcome = apply_plan(connection, program_of(connection), plan, now=now, beat=lambda: _beat(connection))
            _finish(run, outcome)
        _note(actor, connection, run, now=now)
        return run


def synchronise_due(*, now: datetime) -> list[DirectoryRun]:
    """Run each directory whose time has come; one that can't be run is a failed run, and the others go on.

    At most MAX_DUE. Who is at work on one elsewhere keeps it.
    """
    clocks = DirectoryClock.unscoped.filter(
        due_at__lte=now, connection__is_active=True, connection__kind=Connection.Kind.LDAP
    )
    runs = []
    for clock in clocks.select_related("connection").order_by("due_at", "connection_id")[:MAX_DUE]:
        try:
            runs.append(synchronise(program_of(clock.connection), connection_id=clock.connection_id, now=now))
        except DirectoryBusy:
            continue
        except ImError as error:
            logger.warning("a directory was not synchronised", extra={"connection": str(clock.pk), "why": error.code})
            failed = DirectoryRun.objects.for_tenant(clock.tenant_id).filter(connection_id=clock.pk)
            runs += list(failed.order_by("-created_at")[:1])
    return runs


def directory_for(actor: Actor, connection_id: UUID, *, now: datetime) -> Connection:
    """Return a directory that the actor may change. Raises ConnectionNotFound or NotPermitted."""
    return tended_connection(actor, connection_id, kind=Connection.Kind.LDAP, now=now)


def settings_of(connection: Connection) -> LdapSettings:
    """Return the directory's settings. Raises DirectoryUnset."""
    try:
        return read_settings(connection.config)
    except SettingsRefused as error:
        raise DirectoryUnset(reason=str(error)) from error


def _compare(connection: Connection, settings: LdapSettings, actor: Actor, *, now: datetime) -> tuple[Plan, Vanishing]:
    if connection.department is None:
        raise DirectoryUnset(reason="department")
    try:
        with Directory(settings, opened_secret(connection.pk, connection.secret)) as directory:
            contents = read_directory(directory, settings)
    except DirectoryFailed as error:
        _store_failure(connection, error, actor, now=now)
        raise DirectorySilent(reason=trouble_text(error)) from error
    wanted, findings = as_wanted(contents)
    present = read_present(connection, connection.department, {each.username for each in wanted.people})
    rules = Rules(creates=connection.provisioning == Connection.Provisioning.CREATE, adopts=settings.adopts)
    plan = make_plan(wanted, present, rules)
    lost = vanishing(
        plan,
        people=sum(each.key is not None and each.is_active for each in present.people),
        departments=sum(each.key is not None for each in present.departments),
    )
    return Plan(plan.steps, (*findings, *plan.findings)), lost


def _confirmed(connection: Connection, run_id: UUID) -> Vanishing:
    states = (DirectoryRun.State.PREVIEWED, DirectoryRun.State.STOPPED)
    rows = DirectoryRun.objects.for_tenant(connection.tenant_id).filter(connection=connection, state__in=states)
    run = rows.filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run=str(run_id))
    return Vanishing(**run.vanishing)


@contextmanager
def _claimed(connection: Connection, settings: LdapSettings, *, now: datetime) -> Iterator[None]:
    """Be the only one at work on the directory; afterwards it is due after its interval again."""
    rows = DirectoryClock.objects.for_tenant(connection.tenant_id)
    row = DirectoryClock(connection=connection, tenant_id=connection.tenant_id)
    rows.bulk_create([row], ignore_conflicts=True)
    mine = rows.filter(connection=connection)
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=timezone.now() - CLAIM)
    if mine.filter(free).update(claimed_at=timezone.now()) != 1:
        raise DirectoryBusy
    try:
        yield
    finally:
        minutes = settings.interval_minutes
        mine.update(claimed_at=None, due_at=now + timedelta(minutes=minutes) if minutes else None)


def _beat(connection: Connection) -> None:
    DirectoryClock.objects.for_tenant(connection.tenant_id).filter(connection=connection).update(
        claimed_at=timezone.now()
    )


def _stored(
    connection: Connection, plan: Plan, lost: Vanishing, actor: Actor, state: DirectoryRun.State
) -> DirectoryRun:
    run = DirectoryRun(
        tenant_id=connection.tenant_id,
        connection=connection,
        state=state,
        started_by=actor.login,
        counts=plan.counts(),
        changes=[_change(step) for step in plan.steps[:MAX_CHANGES]],
        findings=[_finding(each) for each in plan.findings[:MAX_FINDINGS]],
        vanishing=asdict(lost),
    )
    _keep(run)
    return run


def _store_failure(connection: Connection, error: DirectoryFailed, actor: Actor, *, now: datetime) -> None:
    _keep(
        DirectoryRun(
            tenant_id=connection.tenant_id,
            connection=connection,
            state=DirectoryRun.State.FAILED,
            started_by=actor.login,
            trouble=error.trouble,
            detail=f"{error.server} {error.detail}".strip()[:300],
            finished_at=now,
        )
    )


def _keep(run: DirectoryRun) -> None:
    rows = DirectoryRun.objects.for_tenant(run.tenant_id).filter(connection_id=run.connection_id)

    def store() -> None:
        run.save(force_insert=True)
        old = rows.order_by("-created_at", "-id").values_list("pk", flat=True)[KEPT_RUNS:]
        rows.filter(pk__in=list(old)).delete()

    run_in_transaction(store)


def _finish(run: DirectoryRun, outcome: Outcome) -> None:
    room = max(0, MAX_FINDINGS - len(run.findings))
    run.findings += [_finding(each) for each in outcome.refused[:room]]
    run.done = outcome.done
    run.state, run.finished_at = DirectoryRun.State.APPLIED, timezone.now()
    run.save()


def _change(step: Step) -> list[str]:
    told = {name: str(value) for name, value in asdict(step).items() if value not in (None, "", False)}
    detail = ", ".join(f"{name}={value}" for name, value in told.items() if name not in ("username", "name"))
    return [type(step).__name__, subject(step), detail]


def _finding(finding: Finding) -> list[str]:
    return [finding.code, finding.subject, finding.detail]


def _note(actor: Actor, connection: Connection, run: DirectoryRun, *, now: datetime) -> None:
    told = {**run.counts, "done": run.done, "refused": len(run.findings)}
    entry = connection_entry(actor, f"directory.{run.state}", connection, now, after=told)
    run_in_transaction(lambda: record(entry))
