"""One at work on a directory at a time; who is silent for too long has lost it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.identity.errors import DirectoryBusy
from apps.identity.models import Connection, DirectoryClock, DirectoryRun
from apps.identity.services.directories.claims import BEAT, SILENT_FOR, Claim, is_at_work
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


@pytest.fixture
def connection(connect: Connect, tenant: Tenant) -> Connection:
    return connect(tenant, "ldap")


def clock_of(connection: Connection) -> DirectoryClock:
    return DirectoryClock.objects.for_tenant(connection.tenant_id).get()


def run_of(connection: Connection, state: str = "reading") -> DirectoryRun:
    run = DirectoryRun(tenant_id=connection.tenant_id, connection=connection, state=state)
    run.save(force_insert=True)
    return run


def test_what_is_taken_is_nobody_elses_until_it_is_let_go(connection: Connection) -> None:
    claim = Claim(connection)
    with pytest.raises(DirectoryBusy):
        Claim(connection)

    claim.release()

    assert clock_of(connection).claimed_at is None
    Claim(connection)


def test_letting_go_says_when_the_next_run_is_due(connection: Connection) -> None:
    due_at = timezone.now() + timedelta(hours=1)

    Claim(connection).release_until(due_at)

    assert clock_of(connection).due_at == due_at


def test_a_beat_now_and_then_keeps_it(connection: Connection) -> None:
    claim = Claim(connection)
    begun_at = clock_of(connection).claimed_at
    claim.beat()
    assert clock_of(connection).claimed_at == begun_at
    claim._since -= BEAT
    DirectoryClock.objects.for_tenant(connection.tenant_id).update(claimed_at=claim._since)

    claim.beat()

    assert clock_of(connection).claimed_at != claim._since - BEAT
    claim.release()
    assert clock_of(connection).claimed_at is None


def test_who_was_silent_for_too_long_hears_so_and_lets_go_of_nothing(connection: Connection) -> None:
    silent, left = Claim(connection), run_of(connection)
    silent._since -= SILENT_FOR + BEAT
    DirectoryClock.objects.for_tenant(connection.tenant_id).update(claimed_at=silent._since)

    Claim(connection)

    with pytest.raises(DirectoryBusy):
        silent.beat()
    silent.release()
    assert clock_of(connection).claimed_at is not None
    left.refresh_from_db()
    assert (left.state, left.trouble) == ("failed", "broken_off")


def test_somebody_is_at_work_on_what_is_claimed_and_not_ended(connection: Connection) -> None:
    now = timezone.now()
    reading, applied = run_of(connection), run_of(connection, "applied")
    assert not is_at_work(reading, now=now)

    DirectoryClock(tenant_id=connection.tenant_id, connection=connection, claimed_at=now).save()

    assert is_at_work(reading, now=now)
    assert not is_at_work(applied, now=now)
    assert not is_at_work(reading, now=now + SILENT_FOR + BEAT)
