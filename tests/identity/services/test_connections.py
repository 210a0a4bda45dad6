"""Making, changing and deleting connections, with the power to, and what is written down of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.identity.errors import ConnectionNotFound, ConnectionsFull
from apps.identity.models import Connection
from apps.identity.sealing import opened_secret
from apps.identity.services import connections
from apps.identity.services.connections import Terms, change_connection, create_connection, delete_connection
from apps.tenants.models import Tenant
from tests.identity.services.test_arriving import empower

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TERMS = Terms(name="Company", config={"client_id": "a"}, secret="geheim", email_domains=[" @ACME.test", "acme.test"])


@pytest.fixture
def admin(alice: User) -> User:
    empower(alice, TENANT_ADMIN, tenant_scope(alice.tenant_id))
    return alice


@pytest.fixture
def made(admin: User, tenant: Tenant) -> Connection:
    return create_connection(admin, tenant_id=tenant.id, kind="oidc", terms=TERMS, now=NOW)


def test_it_is_made_with_its_secret_sealed_and_the_secret_is_written_nowhere(made: Connection, tenant: Tenant) -> None:
    entry = Entry.objects.for_tenant(tenant.id).get()

    assert opened_secret(made.pk, made.secret) == "geheim"
    assert made.email_domains == ["acme.test"]
    assert entry.action == "identity.connection.created"
    assert "geheim" not in str(entry.after)


def test_a_change_keeps_the_secret_unless_there_is_another(made: Connection, admin: User, tenant: Tenant) -> None:
    kept = change_connection(
        admin, connection_id=made.pk, version=1, terms=replace(TERMS, name="Firm", secret=None), now=NOW
    )
    changed = change_connection(admin, connection_id=made.pk, version=2, terms=replace(TERMS, secret="neu"), now=NOW)

    assert opened_secret(made.pk, kept.secret) == "geheim"
    assert opened_secret(made.pk, changed.secret) == "neu"
    told = Entry.objects.for_tenant(tenant.id).order_by("number").last()
    assert told is not None
    assert told.after["secret"] == "changed"


def test_a_change_of_an_older_version_is_refused(made: Connection, admin: User) -> None:
    with pytest.raises(Stale):
        change_connection(admin, connection_id=made.pk, version=9, terms=TERMS, now=NOW)


def test_it_is_deleted_with_what_it_was(made: Connection, admin: User, tenant: Tenant) -> None:
    delete_connection(admin, connection_id=made.pk, now=NOW)

    assert not Connection.objects.for_tenant(tenant.id).exists()


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, name=" "),
        replace(TERMS, email_domains=["no domain"]),
        replace(TERMS, email_domains=[f"d{number}.test" for number in range(101)]),
        replace(TERMS, email_domains=[], matching="email"),
        replace(TERMS, secret="x" * 5_000),
    ],
    ids=["name", "domain", "domains", "matching", "secret"],
)
def test_what_makes_no_sense_is_refused(admin: User, tenant: Tenant, terms: Terms) -> None:
    with pytest.raises(InvalidInput):
        create_connection(admin, tenant_id=tenant.id, kind="oidc", terms=terms, now=NOW)


def test_a_name_is_used_once(made: Connection, admin: User, tenant: Tenant) -> None:
    with pytest.raises(InvalidInput):
        create_connection(admin, tenant_id=tenant.id, kind="saml", terms=TERMS, now=NOW)


def test_a_tenant_has_so_many_and_no_more(
    made: Connection, admin: User, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)

    with pytest.raises(ConnectionsFull):
        create_connection(admin, tenant_id=tenant.id, kind="oidc", terms=replace(TERMS, name="two"), now=NOW)


def test_others_neither_make_nor_find_it(made: Connection, bob: User, eve: User, tenant: Tenant) -> None:
    empower(eve, TENANT_ADMIN, tenant_scope(eve.tenant_id))

    for stranger in (bob, eve):
        with pytest.raises(NotPermitted):
            create_connection(stranger, tenant_id=tenant.id, kind="oidc", terms=TERMS, now=NOW)
        with pytest.raises(ConnectionNotFound):
            change_connection(stranger, connection_id=made.pk, version=1, terms=TERMS, now=NOW)
        with pytest.raises(ConnectionNotFound):
            delete_connection(stranger, connection_id=made.pk, now=NOW)
