"""Taking links away: one's own unless it is the last way in, and other people's with the power to."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.identity.errors import LastWayIn, LinkNotFound
from apps.identity.models import Link
from apps.identity.services.links import remove_links, unlink_account
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.identity.services.test_arriving import empower

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_link_goes_while_there_is_a_password(
    connect: Connect, tenant: Tenant, alice: User, link: Callable[..., Link]
) -> None:
    made = link(connect(tenant), alice, "sub-1")

    unlink_account(alice, link_id=made.pk, now=NOW)

    assert not Link.objects.for_tenant(tenant.id).exists()


def test_the_last_way_in_stays(connect: Connect, tenant: Tenant, alice: User, link: Callable[..., Link]) -> None:
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    made = link(connect(tenant, name="one"), alice, "sub-1")
    link(connect(tenant, name="off", is_active=False), alice, "sub-2")

    with pytest.raises(LastWayIn):
        unlink_account(alice, link_id=made.pk, now=NOW)

    link(connect(tenant, name="two"), alice, "sub-3")
    unlink_account(alice, link_id=made.pk, now=NOW)


def test_a_password_that_the_tenant_does_not_take_is_no_way_in(
    connect: Connect, tenant: Tenant, alice: User, link: Callable[..., Link]
) -> None:
    tenant.settings = {"sign_in": {"allow_passwords": False}}
    tenant.save(update_fields=["settings"])
    alice.tenant.settings = tenant.settings
    made = link(connect(tenant), alice, "sub-1")

    with pytest.raises(LastWayIn):
        unlink_account(alice, link_id=made.pk, now=NOW)


def test_somebody_elses_link_is_not_there(
    connect: Connect, tenant: Tenant, alice: User, bob: User, link: Callable[..., Link]
) -> None:
    made = link(connect(tenant), bob, "sub-1")

    with pytest.raises(LinkNotFound):
        unlink_account(alice, link_id=made.pk, now=NOW)


def test_an_administrator_removes_links_and_nobody_else(
    connect: Connect, tenant: Tenant, alice: User, bob: User, eve: User, link: Callable[..., Link]
) -> None:
    made = link(connect(tenant), bob, "sub-1")
    empower(eve, TENANT_ADMIN, tenant_scope(eve.tenant_id))

    for stranger in (alice, eve):
        with pytest.raises(NotPermitted):
            remove_links(stranger, links=[made], now=NOW)

    empower(alice, TENANT_ADMIN, tenant_scope(tenant.id))
    assert remove_links(alice, links=[made], now=NOW) == 1
