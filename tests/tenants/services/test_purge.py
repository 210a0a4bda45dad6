"""Erasing tenants whose time is over: everything of theirs, nothing of others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from oauth2_provider.models import get_access_token_model, get_application_model

from apps.access.models import Grant
from apps.access.roles import AUDITOR
from apps.access.scopes import tenant_scope
from apps.accounts.models import Registration, User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.conversations.models import Conversation
from apps.jobs.turns import Ending, TurnOver
from apps.messaging.models import Event
from apps.messaging.services import conversations
from apps.tenants import services
from apps.tenants.models import Tenant
from apps.tenants.services import TenantChange, purge
from tests.conftest import PASSWORD
from tests.rest_client import issue_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
NOW_MS = 1_800_000_000_000


@pytest.fixture
def full(alice: User, bob: User) -> Tenant:
    """A tenant with a bit of everything."""
    conversations.start_group(alice, title="Ours", member_ids=[bob.id], now_ms=NOW_MS)
    issue_token(alice)
    LogEntry.objects.create(user=alice, action_flag=1, object_repr="x")
    services.change_tenant(tenant_id=alice.tenant_id, change=TenantChange(hosts=["acme.com"]))
    return alice.tenant


def rows_left(tenant: Tenant) -> dict[str, int]:
    """Return how many rows of each model still name the tenant, by plain SQL."""
    left = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if any(field.column == "tenant_id" for field in model._meta.concrete_fields):
                cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE tenant_id = %s", [tenant.pk])
                left[model._meta.label] = cursor.fetchone()[0]
    return {label: count for label, count in left.items() if count}


def test_nothing_is_left_but_the_audit_log(full: Tenant) -> None:
    services.request_deletion(full, now=NOW)

    assert services.purge_due(now=LATER) == ["acme"]

    assert set(rows_left(full)) == {"audit.Entry", "audit.Head"}
    assert not Tenant.objects.filter(slug="acme").exists()
    assert not LogEntry.objects.exists()
    connection.check_constraints()


def make_program(tenant: Tenant, name: str) -> Any:
    """A program of a tenant with a token of its own, which is nobody's."""
    program = get_application_model().objects.create(name=name, client_id=name)
    Registration.unscoped.create(tenant=tenant, application=program, kind="service")
    get_access_token_model().objects.create(user=None, application=program, token=name, expires=LATER, scope="")
    return program


def test_its_programs_go_with_all_they_were_given(full: Tenant, eve: User) -> None:
    make_program(full, "ours")
    make_program(eve.tenant, "theirs")
    services.request_deletion(full, now=NOW)

    services.purge_due(now=LATER)

    assert not get_application_model().objects.filter(client_id="ours").exists()
    assert [token.application.client_id for token in get_access_token_model().objects.all()] == ["theirs"]
    assert Registration.unscoped.get().application.client_id == "theirs"
    connection.check_constraints()


def test_it_may_be_ended_between_batches_and_taken_up_again(full: Tenant) -> None:
    services.request_deletion(full, now=NOW)
    beats: list[int] = []

    def end(tenants: int) -> None:
        beats.append(tenants)
        raise TurnOver(Ending.STOPPING)

    with pytest.raises(TurnOver):
        services.purge_due(now=LATER, beat=end)
    assert services.purge_due(now=LATER, beat=beats.append) == ["acme"]

    assert beats[0] == 0
    assert beats[-1] == 1


def test_others_lose_nothing(full: Tenant, eve: User) -> None:
    conversations.start_group(eve, title="Theirs", member_ids=[], now_ms=NOW_MS)
    issue_token(eve)
    before = rows_left(eve.tenant)
    services.request_deletion(full, now=NOW)

    services.purge_due(now=LATER)

    assert rows_left(eve.tenant) == before
    assert Conversation.unscoped.get().title == "Theirs"


def test_the_systems_own_log_tells_of_it(full: Tenant) -> None:
    services.request_deletion(full, now=NOW)

    services.purge_due(now=LATER)

    entry = Entry.objects.for_tenant(services.ensure_system_tenant().id).get()
    assert (entry.action, entry.target_id, entry.target_label) == ("tenants.tenant.erased", str(full.id), "acme")


def test_powers_over_it_that_people_of_the_system_hold_go_with_it(full: Tenant, eve: User) -> None:
    system = services.ensure_system_tenant()
    root = create_user(system, username="root", password=PASSWORD)
    for place in (full, eve.tenant):
        scope = tenant_scope(place.id).path
        Grant(tenant_id=system.id, user_id=root.id, role=AUDITOR, scope=scope, is_of_system=True).save()
    services.request_deletion(full, now=NOW)

    services.purge_due(now=LATER)

    assert [grant.scope for grant in Grant.unscoped.all()] == [tenant_scope(eve.tenant_id).path]


def test_its_time_is_over_at_the_very_moment(full: Tenant) -> None:
    services.request_deletion(full, now=NOW, grace_days=30)
    moment = NOW + timedelta(days=30)

    assert services.purge_due(now=moment - timedelta(microseconds=1)) == []
    assert services.purge_due(now=moment) == ["acme"]


def test_nothing_happens_before_the_time_is_over(full: Tenant) -> None:
    services.request_deletion(full, now=NOW)

    assert services.purge_due(now=NOW + timedelta(days=29)) == []

    assert User.unscoped.count() == 2


def test_nor_once_the_deletion_was_taken_back(full: Tenant) -> None:
    services.request_deletion(full, now=NOW)
    services.cancel_deletion(full)

    assert services.purge_due(now=LATER) == []
    assert not purge._begin(full.id, LATER)


def test_what_was_interrupted_is_taken_up_again(full: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    services.request_deletion(full, now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(purge, "_delete_rest", lambda *_arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.purge_due(now=LATER)
    status = Tenant.objects.get(slug="acme").status

    purged = services.purge_due(now=LATER)

    assert (status, purged) == ("purging", ["acme"])
    assert not purge._begin(full.id, LATER)


def test_large_tables_go_a_few_rows_at_a_time(full: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH_ROWS", 1)
    services.request_deletion(full, now=NOW)

    services.purge_due(now=LATER)

    assert not Event.unscoped.exists()
