"""Tokens: shown once, two at a time, gone at once."""

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.identity.errors import ConnectionNotFound
from apps.identity.models import ScimToken
from apps.identity.services.scim.tokens import connection_of, make_token, revoke_tokens
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.orgs.conftest import NOW, Give, boss, give  # noqa: F401 - fixtures


def test_a_token_opens_its_connection_and_is_kept_as_a_hash(tenant: Tenant, connect: Connect, boss: User) -> None:  # noqa: F811
    connection = connect(tenant, "scim")

    token = make_token(boss, connection_id=connection.pk, now=NOW)

    assert connection_of(token, connection_id=connection.pk, now=NOW) == connection
    row = ScimToken.objects.for_tenant(tenant.id).get()
    assert token not in (row.digest, row.hint)
    assert row.last_used_at == NOW
    assert Entry.objects.for_tenant(tenant.id).filter(action="identity.scim_token.made").exists()


def test_a_third_one_takes_the_oldest_away(tenant: Tenant, connect: Connect, boss: User) -> None:  # noqa: F811
    connection = connect(tenant, "scim")

    tokens = [make_token(boss, connection_id=connection.pk, now=NOW) for _each in range(3)]

    found = [connection_of(token, connection_id=connection.pk, now=NOW) for token in tokens]
    assert found == [None, connection, connection]


def test_revoked_tokens_open_nothing(tenant: Tenant, connect: Connect, boss: User) -> None:  # noqa: F811
    connection = connect(tenant, "scim")
    token = make_token(boss, connection_id=connection.pk, now=NOW)

    assert revoke_tokens(boss, connection_id=connection.pk, now=NOW) == 1

    assert connection_of(token, connection_id=connection.pk, now=NOW) is None


def test_one_token_is_revoked_and_the_other_stays(tenant: Tenant, connect: Connect, boss: User) -> None:  # noqa: F811
    connection, other = connect(tenant, "scim"), connect(tenant, "scim", name="second")
    first, second = (make_token(boss, connection_id=connection.pk, now=NOW) for _each in range(2))
    row = ScimToken.objects.for_tenant(tenant.id).order_by("created_at", "id").first()
    assert row is not None

    assert revoke_tokens(boss, connection_id=other.pk, token_id=row.pk, now=NOW) == 0
    assert revoke_tokens(boss, connection_id=connection.pk, token_id=row.pk, now=NOW) == 1

    assert connection_of(first, connection_id=connection.pk, now=NOW) is None
    assert connection_of(second, connection_id=connection.pk, now=NOW) == connection
    entry = Entry.objects.for_tenant(tenant.id).filter(action="identity.scim_token.revoked").latest("at", "id")
    assert row.hint in entry.target_label


def test_only_whoever_may_change_connections_makes_them(
    tenant: Tenant,
    other_tenant: Tenant,
    connect: Connect,
    alice: User,
    eve: User,
    give: Give,  # noqa: F811
) -> None:
    connection, directory = connect(tenant, "scim"), connect(tenant, "ldap")
    give(eve, TENANT_ADMIN, tenant_scope(other_tenant.id))

    for stranger in (alice, eve):
        with pytest.raises((NotPermitted, ConnectionNotFound)):
            make_token(stranger, connection_id=connection.pk, now=NOW)
    with pytest.raises(ConnectionNotFound):
        revoke_tokens(eve, connection_id=directory.pk, now=NOW)
