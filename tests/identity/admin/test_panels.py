"""What goes on with a connection is on its page, at a bounded cost, and of its own tenant only."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.audit.services import record
from apps.identity.admin import panels
from apps.identity.models import Connection, DirectoryClock, DirectoryRun, ScimToken, ScimUser
from apps.identity.services.acting import program_of
from apps.identity.services.connections import connection_entry
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def page_of(connection: Connection) -> str:
    return reverse("admin:identity_connection_change", args=[connection.pk])


def run_of(connection: Connection, started_by: str) -> DirectoryRun:
    return DirectoryRun.unscoped.create(tenant_id=connection.tenant_id, connection=connection, started_by=started_by)


def test_the_latest_runs_and_the_next_one_are_told(
    as_admin: Client, connect: Connect, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "RUNS_SHOWN", 2)
    connection, second = connect(tenant, "ldap"), connect(tenant, "ldap", name="second")
    DirectoryClock(tenant=tenant, connection=connection, due_at=NOW).save()
    runs = [run_of(connection, f"boss{number}") for number in range(3)]
    run_of(second, "somebody else")

    page = as_admin.get(page_of(connection))

    assert [run.pk for run, _address in page.context["panel"]["runs"]] == [runs[2].pk, runs[1].pk]
    assert page.context["panel"]["due_at"] == NOW
    assert "somebody else" not in page.content.decode()
    assert run_of(connection, "x").connection.name in as_admin.get(page.context["panel"]["all_runs"]).content.decode()


def test_tokens_and_what_came_in_lately_are_told(as_admin: Client, bob: User, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, "scim")
    ScimToken.unscoped.create(tenant=tenant, connection=connection, digest="d", hint="imscim_abcde", last_used_at=NOW)
    for name, deleted_at in (("bob", None), ("gone", NOW)):
        user = bob if name == "bob" else User.unscoped.get(login="alice@acme")
        ScimUser.unscoped.create(tenant=tenant, connection=connection, user=user, user_name=name, deleted_at=deleted_at)
    record(connection_entry(program_of(connection), "connection.changed", connection, NOW, about="by itself"))

    page = as_admin.get(page_of(connection))

    text = page.content.decode()
    assert "imscim_abcde…" in text
    assert (page.context["panel"]["people"], page.context["panel"]["groups"]) == (1, 0)
    assert [what for _at, what, _subject in page.context["panel"]["news"]] == ["Connection changed"]
    assert "by itself" in text


@pytest.mark.parametrize("kind", ["ldap", "scim", "oidc"])
def test_it_costs_the_same_with_much_going_on(
    as_admin: Client,
    connect: Connect,
    tenant: Tenant,
    kind: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    connection = connect(tenant, kind)
    for number in range(12):
        run_of(connection, "boss")
        ScimToken.unscoped.create(tenant=tenant, connection=connection, digest=f"d{number}", hint="imscim_")
        record(connection_entry(program_of(connection), "connection.changed", connection, NOW))
    as_admin.get(page_of(connection))  # the first answer of a session notes its browser

    with django_assert_max_num_queries(16):
        assert as_admin.get(page_of(connection)).status_code == 200
