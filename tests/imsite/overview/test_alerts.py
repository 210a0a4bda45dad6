"""What is wrong is told to those who can do something about it."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import FailedProofs, User
from apps.accounts.services.trail import note
from apps.audit.models import Entry, Head
from apps.identity.models import Connection, DirectoryRun
from apps.tenants.models import Tenant
from imsite.overview.alerts import FAILED, FAILURES_TOLD
from tests.admin.world import LEVELS, World
from tests.audit.test_selectors import tampering
from tests.imsite.overview.conftest import Reader


def failures(user: User, count: int, *, at: datetime) -> None:
    with transaction.atomic():
        for _ in range(count):
            note(FAILED, user, now=at, is_anonymous=True)


def test_all_is_well_in_the_beginning(reader: Reader) -> None:
    assert {level: reader.alerts(level) for level in LEVELS} == {level: [] for level in LEVELS}


def test_failed_sign_ins_are_told_where_the_person_is(world: World, reader: Reader) -> None:
    now = timezone.now()
    failures(world.people["sales"], FAILURES_TOLD, at=now - timedelta(hours=1))
    failures(world.people["south"], FAILURES_TOLD - 1, at=now - timedelta(hours=1))
    failures(world.people["rival"], FAILURES_TOLD, at=now - timedelta(hours=25))

    told = {level: reader.alerts(level) for level in LEVELS}

    more = [f"{2 * FAILURES_TOLD - 1} sign-ins failed since yesterday."]
    own = [f"{FAILURES_TOLD} sign-ins failed since yesterday."]
    assert told == {"system": more, "tenant": more, "organisation": own, "department": own}


def test_a_few_failures_are_everyday(world: World, reader: Reader) -> None:
    failures(world.people["sales"], FAILURES_TOLD - 1, at=timezone.now())

    assert reader.alerts("department") == []


def test_what_has_to_wait_is_the_installations_business(world: World, reader: Reader) -> None:
    now = timezone.now()
    FailedProofs.objects.create(key="a", count=9, last_at=now, blocked_until=now + timedelta(minutes=5))
    FailedProofs.objects.create(key="b", count=9, last_at=now, blocked_until=now - timedelta(minutes=5))

    assert reader.alerts("system") == ["1 name or address has to wait: too many sign-ins failed."]
    assert reader.alerts("tenant") == []


def test_broken_and_unverified_logs_are_told_to_who_reads_whole_ones(world: World, reader: Reader) -> None:
    acme = Head.objects.for_tenant(world.tenants["acme"].pk)
    acme.update(verified_at=timezone.now(), broken_number=3)
    Head.objects.for_tenant(world.tenants["rival"].pk).update(verified_at=timezone.now() - timedelta(days=31))

    broken = "1 audit log was found broken: somebody changed or removed entries."
    assert reader.alerts("system") == [broken, "1 audit log was not verified for 30 days."]
    assert reader.alerts("tenant") == [broken]
    assert reader.alerts("organisation") == reader.alerts("department") == []


@pytest.mark.parametrize(("days", "told"), [(29, []), (31, ["1 audit log was not verified for 30 days."])])
def test_a_log_that_was_never_verified_is_told_once_it_is_old(
    world: World, reader: Reader, days: int, told: list[str]
) -> None:
    with tampering():
        first = Entry.objects.for_tenant(world.tenants["acme"].pk).filter(number=1)
        first.update(at=timezone.now() - timedelta(days=days))

    assert reader.alerts("tenant") == told


@pytest.mark.parametrize("state", [DirectoryRun.State.FAILED, DirectoryRun.State.STOPPED])
def test_directories_that_failed_are_told_to_the_tenants_admin(world: World, reader: Reader, state: str) -> None:
    acme = world.tenants["acme"]
    source = Connection.unscoped.create(tenant=acme, kind="ldap", name="Directory")
    DirectoryRun.unscoped.create(tenant=acme, connection=source, state=state, started_by="it")

    assert reader.alerts("tenant") == ["1 directory could not be read, or its changes were stopped."]
    assert reader.alerts("organisation") == []


def test_suspended_tenants_are_the_systems_business(reader: Reader) -> None:
    Tenant.objects.filter(slug="rival").update(status="suspended")

    assert reader.alerts("system") == ["1 tenant is suspended or to be deleted."]
    assert reader.alerts("tenant") == []
