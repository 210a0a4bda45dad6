"""Runs that are asked for and not waited for: what was shown is what is done, or nothing is."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.identity.errors import ConnectionNotFound, DirectoriesBusy, DirectoryUnset, RunNotFound
from apps.identity.models import Connection, DirectoryClock, DirectoryRun
from apps.identity.services.directories import ordering
from apps.identity.services.directories.background import Background
from apps.identity.services.directories.ordering import order_preview, order_run, order_shown
from apps.orgs.models import Department
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.identity.services.directories.conftest import NOW, Fill, people_of
from tests.orgs.conftest import Give

State = DirectoryRun.State


class AtOnce(Background):
    """Does it before it returns: a test's transaction is seen by its own connection only."""

    def begin(self, prepare: Callable[[], Callable[[], object]]) -> None:
        work = prepare()
        work()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "background", AtOnce())


def as_stored(run: DirectoryRun) -> DirectoryRun:
    run.refresh_from_db()
    return run


def previewed(directory: Fill, boss: User) -> tuple[Connection, DirectoryRun]:
    connection = directory(departments="none")
    return connection, as_stored(order_preview(boss, connection_id=connection.pk, now=NOW))


def test_what_was_shown_is_done(directory: Fill, boss: User) -> None:
    connection, shown = previewed(directory, boss)
    assert (shown.state, people_of(connection)) == (State.PREVIEWED, {})

    done = as_stored(order_shown(boss, run_id=shown.pk, accepts_losses=False, now=NOW))

    assert (done.state, done.counts, done.digest) == (State.APPLIED, shown.counts, shown.digest)
    assert len(people_of(connection)) == 10


def test_anything_else_is_refused_shown_in_its_turn_and_can_be_agreed_to(
    directory: Fill, boss: User, root: Department
) -> None:
    connection, shown = previewed(directory, boss)
    create_user(root.tenant, username="user007", password=PASSWORD)

    stale = as_stored(order_shown(boss, run_id=shown.pk, accepts_losses=True, now=NOW))

    assert (stale.state, people_of(connection)) == (State.STALE, {})
    assert stale.counts["CreatePerson"] == 9
    actions = Entry.objects.for_tenant(connection.tenant_id).values_list("action", flat=True)
    assert "identity.directory.stale" in actions
    done = as_stored(order_shown(boss, run_id=stale.pk, accepts_losses=False, now=NOW))
    assert (done.state, len(people_of(connection))) == (State.APPLIED, 9)


def test_what_would_vanish_beyond_the_bounds_needs_a_yes_of_its_own(directory: Fill, boss: User) -> None:
    connection, shown = previewed(directory, boss)
    order_shown(boss, run_id=shown.pk, accepts_losses=False, now=NOW)
    connection.config = {**connection.config, "people_filter": "(uid=user007)"}
    connection.save()

    stopped = as_stored(order_run(boss, connection_id=connection.pk, now=NOW))
    again = as_stored(order_shown(boss, run_id=stopped.pk, accepts_losses=False, now=NOW))
    done = as_stored(order_shown(boss, run_id=again.pk, accepts_losses=True, now=NOW))

    assert [stopped.state, again.state, done.state] == [State.STOPPED, State.STOPPED, State.APPLIED]
    assert [name for name, user in people_of(connection).items() if user.is_active] == ["user007"]


def test_a_run_can_be_agreed_to_once(directory: Fill, boss: User) -> None:
    _connection, shown = previewed(directory, boss)
    done = order_shown(boss, run_id=shown.pk, accepts_losses=False, now=NOW)

    with pytest.raises(RunNotFound):
        order_shown(boss, run_id=done.pk, accepts_losses=True, now=NOW)
    with pytest.raises(RunNotFound):
        order_shown(boss, run_id=uuid4(), accepts_losses=True, now=NOW)
    repeated = as_stored(order_shown(boss, run_id=shown.pk, accepts_losses=True, now=NOW))

    assert repeated.state == State.STALE


def test_a_run_from_before_there_were_digests_is_agreed_to_by_nobody(directory: Fill, boss: User) -> None:
    connection, shown = previewed(directory, boss)
    DirectoryRun.objects.for_tenant(connection.tenant_id).update(digest="")

    run = as_stored(order_shown(boss, run_id=shown.pk, accepts_losses=True, now=NOW))

    assert (run.state, people_of(connection)) == (State.STALE, {})


def test_whoever_may_not_has_no_such_run(
    directory: Fill, boss: User, alice: User, eve: User, give: Give, other_tenant: Tenant
) -> None:
    connection, shown = previewed(directory, boss)
    give(eve, TENANT_ADMIN, tenant_scope(other_tenant.pk))

    for stranger in (alice, eve):
        for order in (order_preview, order_run):
            with pytest.raises((ConnectionNotFound, NotPermitted)):
                order(stranger, connection_id=connection.pk, now=NOW)
        with pytest.raises((ConnectionNotFound, NotPermitted)):
            order_shown(stranger, run_id=shown.pk, accepts_losses=True, now=NOW)
    assert DirectoryRun.objects.for_tenant(connection.tenant_id).count() == 1


def test_what_cannot_be_begun_leaves_nothing_behind(
    directory: Fill, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = directory(departments="none")
    monkeypatch.setattr(ordering, "background", Background(0))
    with pytest.raises(DirectoriesBusy):
        order_preview(boss, connection_id=connection.pk, now=NOW)
    Connection.objects.for_tenant(connection.tenant_id).update(department=None)
    monkeypatch.setattr(ordering, "background", AtOnce())

    with pytest.raises(DirectoryUnset):
        order_run(boss, connection_id=connection.pk, now=NOW)

    assert not DirectoryRun.objects.for_tenant(connection.tenant_id).exists()
    assert not DirectoryClock.objects.for_tenant(connection.tenant_id).exists()
