"""What is found of connections and links, and for whom."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.accounts.models.credentials import Passkey
from apps.identity.errors import ConnectionNotFound
from apps.identity.models import Link
from apps.identity.selectors import find_link, get_way_in, has_another_way_in, links_of, ways_in
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


def test_ways_in_are_active_and_of_the_tenant_and_no_directories(
    connect: Connect, tenant: Tenant, other_tenant: Tenant
) -> None:
    shown = connect(tenant, name="b")
    connect(tenant, name="off", is_active=False)
    connect(tenant, "ldap")
    connect(other_tenant)

    assert list(ways_in(tenant.id)) == [shown]


def test_an_address_leads_to_active_connections_of_active_tenants_only(connect: Connect, tenant: Tenant) -> None:
    shown, off, directory = connect(tenant), connect(tenant, name="off", is_active=False), connect(tenant, "scim")

    assert get_way_in(shown.pk) == shown
    for other in (off.pk, directory.pk, uuid4()):
        with pytest.raises(ConnectionNotFound):
            get_way_in(other)

    tenant.status = Tenant.Status.SUSPENDED
    tenant.save(update_fields=["status"])
    with pytest.raises(ConnectionNotFound):
        get_way_in(shown.pk)


def test_a_link_is_found_by_its_connection_and_account_exactly(
    connect: Connect, tenant: Tenant, alice: User, link: Callable[..., Link]
) -> None:
    one, two = connect(tenant, name="one"), connect(tenant, name="two")
    made = link(one, alice, "Sub-1")

    assert find_link(one, "Sub-1") == made
    assert find_link(one, "sub-1") is None
    assert find_link(two, "Sub-1") is None
    assert list(links_of(alice)) == [made]


def test_a_passkey_is_a_way_in(connect: Connect, tenant: Tenant, alice: User, link: Callable[..., Link]) -> None:
    alice.set_unusable_password()
    made = link(connect(tenant), alice, "sub-1")

    assert not has_another_way_in(alice, without=made)

    Passkey(tenant=tenant, user=alice, credential_id=b"1", public_key=b"1", host="h", name="key").save()
    assert has_another_way_in(alice, without=made)
