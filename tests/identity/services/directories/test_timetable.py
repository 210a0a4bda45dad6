"""Directories that are due, side by side."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Lock

import pytest
from django.utils import timezone

from apps.identity.models import Connection, DirectoryClock, DirectoryRun
from apps.identity.services.directories import timetable
from apps.identity.services.directories.timetable import synchronise_on_time
from apps.jobs.turns import Ending, Turn, TurnOver
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

WAIT_S = 60.0
Due = Callable[[Tenant, str], Connection]


class Work:
    """What is done instead of a run: named ones wait until the gate opens, the rest is done at once."""

    def __init__(self, *slow: str) -> None:
        self.slow = slow
        self.gate = Event()
        self.begun: list[str] = []
        self.open_after = 0
        self._lock = Lock()

    def __call__(self, clock: DirectoryClock, *, now: object) -> DirectoryRun | None:
        name = clock.connection.name
        with self._lock:
            self.begun.append(name)
            if len(self.begun) >= self.open_after > 0:
                self.gate.set()
        if name == "broken":
            raise ZeroDivisionError
        if name in self.slow:
            assert self.gate.wait(WAIT_S)
        return None if name == "busy elsewhere" else DirectoryRun()


@pytest.fixture
def due(connect: Connect) -> Due:
    """A directory whose time has come."""

    def make(tenant: Tenant, name: str) -> Connection:
        connection = connect(tenant, "ldap", name=name)
        DirectoryClock.unscoped.create(
            tenant=tenant, connection=connection, due_at=timezone.now() - timedelta(minutes=1)
        )
        return connection

    return make


def play(monkeypatch: pytest.MonkeyPatch, work: Work) -> Work:
    monkeypatch.setattr(timetable, "synchronise_at_its_time", work)
    return work


def test_a_slow_directory_holds_up_its_own_tenant_and_nobody_else(
    due: Due, tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = play(monkeypatch, Work("slow"))
    for owner, name in ((tenant, "slow"), (tenant, "after slow"), (other_tenant, "one"), (other_tenant, "two")):
        due(owner, name)
    work.open_after = 3  # the slow one ends only when both of the other tenant have begun
    turn = Turn(timezone.now())

    synchronise_on_time(turn)

    assert turn.done == 4
    assert set(work.begun[:3]) == {"slow", "one", "two"}
    assert work.begun[3] == "after slow"


def test_no_more_than_the_bound_are_read_at_a_time(
    due: Due, tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "AT_ONCE", 1)
    work = play(monkeypatch, Work())
    due(tenant, "one")
    due(other_tenant, "two")
    turn = Turn(timezone.now())

    synchronise_on_time(turn)

    assert turn.done == 2
    assert work.begun == ["one", "two"]


def test_each_is_tried_once_whatever_becomes_of_it(
    due: Due, tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work = play(monkeypatch, Work())
    for owner, name in ((tenant, "busy elsewhere"), (tenant, "fine"), (other_tenant, "broken")):
        due(owner, name)
    turn = Turn(timezone.now())

    synchronise_on_time(turn)

    assert turn.done == 1
    assert sorted(work.begun) == ["broken", "busy elsewhere", "fine"]
    assert "ZeroDivisionError" in caplog.text


def test_it_ends_when_it_has_to_and_begins_nothing(due: Due, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    work = play(monkeypatch, Work())
    due(tenant, "one")
    turn = Turn(timezone.now())
    turn.end(Ending.STOPPING)

    with pytest.raises(TurnOver):
        synchronise_on_time(turn)

    assert work.begun == []
