"""Runs of a directory: a preview, then its application, by an administrator or on time; one at a time.

Applying reads the directory once more and plans anew, so nothing old is carried out. Where too much would vanish the
run stops. Somebody's yes names a run that she has seen: to all of it, and then anything else is refused, or to what it
lets vanish, and then no more than that may.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

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
from apps.identity.services.directories.applying import apply_plan
from apps.identity.services.directories.claims import BROKEN_OFF, Claim
from apps.identity.services.directories.presenting import read_present
from apps.identity.services.directories.texts import trouble_text
from apps.identity.services.directories.wanting import as_wanted
from apps.identity.services.directories.writing import begin_run, digest_of, end_run, write_outcome, write_plan
from apps.identity.syncing.planning import make_plan
from apps.identity.syncing.safety import Bounds, Vanishing, vanishing
from apps.identity.syncing.states import Rules
from apps.identity.syncing.steps import Plan
from apps.orgs.models import Department

logger = logging.getLogger(__name__)

MAX_DUE: Final = 100
"""Directories that one call looks after; the others are due at the next one."""
UNSET: Final = "unset"
"""The trouble of a run for which the settings were not complete."""
State = DirectoryRun.State
CONFIRMABLE: Final = (State.PREVIEWED, State.STOPPED, State.STALE)
"""Runs that somebody can say yes to: they show what would happen, and nothing has."""


@dataclass(frozen=True, slots=True)
class Yes:
    """What somebody has agreed to. `digest`: to this and nothing else, if given. `losses`: so much may vanish."""

    digest: str = ""
    losses: Vanishing | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A run that is begun: its row is there, and the directory is nobody else's until it is carried out."""

    actor: Actor
    connection: Connection
    department: Department
    settings: LdapSettings
    run: DirectoryRun
    claim: Claim
    is_preview: bool
    yes: Yes


def preview(actor: Actor, *, connection_id: UUID, now: datetime) -> DirectoryRun:
    """Compare and list what would change; nothing does.

    Raises ConnectionNotFound, NotPermitted, DirectoryUnset, DirectoryBusy or DirectorySilent.
    """
    return carry_out(begin(actor, connection_id=connection_id, is_preview=True, now=now), now=now)


def synchronise(
    actor: Actor, *, connection_id: UUID, now: datetime, confirmed_run_id: UUID | None = None
) -> DirectoryRun:
    """Make people and departments be as the directory has them, or stop where too much would vanish.

    `confirmed_run_id` names a run whose losses somebody has seen and said yes to. Raises as `preview` does, and
    RunNotFound.
    """
    yes = Yes()
    if confirmed_run_id is not None:
        connection = directory_for(actor, connection_id, now=now)
        yes = Yes(losses=Vanishing(**confirmable(connection, confirmed_run_id).vanishing))
    return carry_out(begin(actor, connection_id=connection_id, yes=yes, now=now), now=now)


def begin(
    actor: Actor, *, connection_id: UUID, now: datetime, is_preview: bool = False, yes: Yes | None = None
) -> Order:
    """Claim the directory and store a run that is to be. Whoever gets the order carries it out.

    Raises ConnectionNotFound, NotPermitted, DirectoryUnset or DirectoryBusy.
    """
    connection = directory_for(actor, connection_id, now=now)
    settings = settings_of(connection)
    if connection.department is None:
        raise DirectoryUnset(reason=_("no department is chosen to synchronise into"))
    claim = Claim(connection)
    run = begin_run(connection, started_by=actor.login)
    return Order(actor, connection, connection.department, settings, run, claim, is_preview, yes or Yes())


def carry_out(order: Order, *, now: datetime) -> DirectoryRun:
    """Do what was ordered, and let others have the directory again. Raises DirectorySilent or DirectoryBusy.

    However it ends, the run says how.
    """
    run = order.run
    try:
        _do(order, now=now)
    except DirectoryFailed as error:
        detail = f"{error.server} {error.detail}".strip()
        end_run(run, State.FAILED, now=timezone.now(), trouble=error.trouble, detail=detail)
        raise DirectorySilent(reason=trouble_text(error)) from error
    except Exception as error:
        detail = error.text if isinstance(error, ImError) else type(error).__name__
        end_run(run, State.FAILED, now=timezone.now(), trouble=BROKEN_OFF, detail=detail)
        raise
    finally:
        _let_go(order, now=now)
    return run


def synchronise_due(*, now: datetime) -> list[DirectoryRun]:
    """Run each directory whose time has come; one that can't be run is a failed run, and the others go on.

    At most MAX_DUE. Who is at work on one elsewhere keeps it.
    """
    runs = [synchronise_at_its_time(clock, now=now) for clock in due_directories(now=now)[:MAX_DUE]]
    return [run for run in runs if run is not None]


def due_directories(*, now: datetime) -> QuerySet[DirectoryClock]:
    """Return the directories whose time has come, the latest first."""
    clocks = DirectoryClock.unscoped.filter(
        due_at__lte=now, connection__is_active=True, connection__kind=Connection.Kind.LDAP
    )
    return clocks.select_related("connection").order_by("due_at", "connection_id")


def synchronise_at_its_time(clock: DirectoryClock, *, now: datetime) -> DirectoryRun | None:
    """Run one directory that is due, and return what became of it; None where somebody else is at work on it."""
    try:
        return synchronise(program_of(clock.connection), connection_id=clock.connection_id, now=now)
    except DirectoryBusy:
        return None
    except DirectoryUnset as error:
        return _store_unset(clock, error, now=now)
    except ImError as error:
        logger.warning("a directory was not synchronised", extra={"connection": str(clock.pk), "why": error.code})
        failed = DirectoryRun.objects.for_tenant(clock.tenant_id).filter(connection_id=clock.pk)
        return failed.order_by("-created_at", "-id").first()


def _store_unset(clock: DirectoryClock, error: DirectoryUnset, *, now: datetime) -> DirectoryRun:
    """Keep that a directory could not even be begun; it is due again when somebody saves its settings."""
    run = begin_run(clock.connection, started_by=program_of(clock.connection).login)
    end_run(run, State.FAILED, now=now, trouble=UNSET, detail=error.text)
    DirectoryClock.objects.for_tenant(clock.tenant_id).filter(pk=clock.pk).update(due_at=None)
    return run


def directory_for(actor: Actor, connection_id: UUID, *, now: datetime) -> Connection:
    """Return a directory that the actor may change. Raises ConnectionNotFound or NotPermitted."""
    return tended_connection(actor, connection_id, kind=Connection.Kind.LDAP, now=now)


def settings_of(connection: Connection) -> LdapSettings:
    """Return the directory's settings. Raises DirectoryUnset."""
    try:
        return read_settings(connection.config)
    except SettingsRefused as error:
        raise DirectoryUnset(reason=str(error)) from error


def confirmable(connection: Connection, run_id: UUID) -> DirectoryRun:
    """Return a run of the directory that somebody can say yes to. Raises RunNotFound."""
    rows = DirectoryRun.objects.for_tenant(connection.tenant_id).filter(connection=connection, state__in=CONFIRMABLE)
    run = rows.filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run=str(run_id))
    return run


def bounds_of(settings: LdapSettings) -> Bounds:
    """Return how much may vanish by itself."""
    return Bounds(settings.vanishing_count, settings.vanishing_percent)


def _do(order: Order, *, now: datetime) -> None:
    run, beat = order.run, order.claim.beat
    plan, lost = _compare(order)
    if order.is_preview:
        end_run(run, State.PREVIEWED, now=timezone.now())
        return
    yes = order.yes
    may_vanish = not lost.exceeds(bounds_of(order.settings)) or (yes.losses is not None and lost.within(yes.losses))
    if yes.digest and yes.digest != digest_of(plan):
        end_run(run, State.STALE, now=timezone.now())
    elif not may_vanish:
        end_run(run, State.STOPPED, now=timezone.now())
    else:
        run.state = State.APPLYING
        run.save()
        write_outcome(run, apply_plan(order.connection, program_of(order.connection), plan, now=now, beat=beat))
        end_run(run, State.APPLIED, now=timezone.now())


def _compare(order: Order) -> tuple[Plan, Vanishing]:
    connection, settings = order.connection, order.settings
    password = opened_secret(connection.pk, connection.secret)
    with Directory(settings, password, beat=order.claim.beat) as directory:
        wanted, findings = as_wanted(read_directory(directory, settings))
    present = read_present(connection, order.department, {each.username for each in wanted.people})
    rules = Rules(creates=connection.provisioning == Connection.Provisioning.CREATE, adopts=settings.adopts)
    plan = make_plan(wanted, present, rules)
    plan = Plan(plan.steps, (*findings, *plan.findings))
    lost = vanishing(
        plan,
        people=sum(each.key is not None and each.is_active for each in present.people),
        departments=sum(each.key is not None for each in present.departments),
    )
    names = {each.id: each.name for each in present.departments} | {order.department.pk: order.department.name}
    write_plan(order.run, plan, lost, names=names)
    return plan, lost


def _let_go(order: Order, *, now: datetime) -> None:
    """A preview puts nothing off; after anything else the next run is due after the interval."""
    if order.is_preview:
        order.claim.release()
        return
    minutes = order.settings.interval_minutes
    order.claim.release_until(now + timedelta(minutes=minutes) if minutes else None)
    run = order.run
    told = {**run.counts, "done": run.done, "refused": len(run.findings)}
    told |= {"trouble": run.trouble} if run.trouble else {}
    entry = connection_entry(order.actor, f"directory.{run.state}", order.connection, now, after=told)
    run_in_transaction(lambda: record(entry))
