"""Before a tenant gives passwords up it is told who has no other way in."""

import pytest

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.identity.services.foresight import passwords_gone
from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences, SignInPolicy

pytestmark = pytest.mark.django_db

WITH = Preferences()
WITHOUT = Preferences(sign_in=SignInPolicy(allow_passwords=False))


def connect(tenant: Tenant, *, is_active: bool = True) -> Connection:
    return Connection.unscoped.create(tenant=tenant, kind="oidc", name="Provider", is_active=is_active)


def test_without_any_connection_everybody_is_kept_out(alice: User, bob: User, eve: User, tenant: Tenant) -> None:
    connect(eve.tenant)
    connect(tenant, is_active=False)

    told = passwords_gone(tenant, WITH, WITHOUT)

    assert told.startswith("There is no connection to sign in by: 2 people")


def test_with_one_those_without_a_link_are_counted(alice: User, bob: User, tenant: Tenant) -> None:
    provider = connect(tenant)
    Link.unscoped.create(tenant=tenant, connection=provider, user=alice, external_id="a")

    told = passwords_gone(tenant, WITH, WITHOUT)
    Link.unscoped.create(tenant=tenant, connection=provider, user=bob, external_id="b")

    assert told.startswith("1 person has neither a passkey nor a linked account")
    assert passwords_gone(tenant, WITH, WITHOUT) == ""


def test_a_link_by_a_connection_that_is_off_lets_nobody_in(alice: User, tenant: Tenant) -> None:
    Link.unscoped.create(tenant=tenant, connection=connect(tenant, is_active=False), user=alice, external_id="a")

    assert passwords_gone(tenant, WITH, WITHOUT).startswith("There is no connection")


@pytest.mark.parametrize(("before", "after"), [(WITHOUT, WITHOUT), (WITHOUT, WITH), (WITH, WITH)])
def test_nothing_follows_where_nothing_is_given_up(
    alice: User, tenant: Tenant, before: Preferences, after: Preferences
) -> None:
    assert passwords_gone(tenant, before, after) == ""
