"""Whose account it is that another party vouches for, and how it may become somebody's."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.access import places
from apps.access.models import Grant
from apps.access.roles import SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.common.errors import ImError
from apps.identity.errors import AccountNotMade, AccountUnknown, AlreadyLinked, LinkFirst, LinkRefused
from apps.identity.models import Connection, Link
from apps.identity.policies import Visitor, usernames_for
from apps.identity.services.arriving import link_account, welcome
from apps.orgs.models import Department, Organisation, Placement
from apps.tenants.errors import UsersLimit
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALICE = Visitor("sub-a", "alice@acme.test", "alice.l", "Alice L", "alice@acme.test", is_email_verified=True)
DOMAINS: dict[str, Any] = {"matching": "email", "email_domains": ["acme.test"]}

MakeLink = Callable[..., Link]


def empower(user: User, role: str, scope: Scope) -> None:
    Grant(
        tenant_id=user.tenant_id,
        user_id=user.id,
        role=role,
        scope=scope.path,
        is_of_system=scope == SYSTEM or places.is_system_tenant(user.tenant_id),
    ).save(force_insert=True)


def with_email(user: User, email: str = "alice@acme.test") -> User:
    user.email = email
    user.save(update_fields=["email"])
    return user


def test_a_linked_account_is_its_persons(connect: Connect, tenant: Tenant, alice: User, link: MakeLink) -> None:
    connection = connect(tenant)
    made = link(connection, alice, "sub-a")

    assert welcome(connection, ALICE, now=NOW) == alice
    made.refresh_from_db()
    assert made.last_used_at == NOW


def test_a_stranger_is_refused_where_nobody_is_made(connect: Connect, tenant: Tenant) -> None:
    with pytest.raises(AccountUnknown):
        welcome(connect(tenant), ALICE, now=NOW)


def test_a_stranger_is_made_in_the_department_and_it_is_recorded(connect: Connect, tenant: Tenant) -> None:
    company = Organisation.objects.for_tenant(tenant.id).create(tenant=tenant, name="公司")
    department = Department(
        tenant=tenant, organisation=company, name="公司", path="", lft=1, rght=2, tree_id=1, level=0
    )
    department.path = f"{tenant_scope(tenant.id).path}/o:{company.id.hex}"
    department.save(force_insert=True)
    connection = connect(tenant, provisioning="create", department=department)

    user = welcome(connection, ALICE, now=NOW)

    assert (user.username, user.display_name, user.email) == ("alice.l", "Alice L", "alice@acme.test")
    assert not user.has_usable_password()
    assert Placement.objects.for_tenant(tenant.id).get(user=user).department == department
    actions = list(Entry.objects.for_tenant(tenant.id).order_by("number").values_list("action", flat=True))
    assert actions == ["orgs.person.created", "orgs.placement.created", "identity.link.created"]
    assert welcome(connection, ALICE, now=NOW) == user


def test_a_stranger_with_a_name_that_is_taken_gets_another(connect: Connect, tenant: Tenant) -> None:
    create_user(tenant, username="alice.l", password=None)
    connection = connect(tenant, provisioning="create")

    assert welcome(connection, ALICE, now=NOW).username == "alice.l-2"


def test_nobody_is_made_who_finds_all_her_names_taken(connect: Connect, tenant: Tenant) -> None:
    for username in usernames_for(ALICE):
        create_user(tenant, username=username, password=None)

    with pytest.raises(AccountNotMade):
        welcome(connect(tenant, provisioning="create"), ALICE, now=NOW)


def test_nobody_is_made_beyond_what_the_tenant_may_have(connect: Connect, tenant: Tenant, alice: User) -> None:
    tenant.users_max = 1
    tenant.save(update_fields=["users_max"])
    connection = connect(tenant, provisioning="create")

    with pytest.raises(AccountNotMade) as refusal:
        welcome(connection, ALICE, now=NOW)

    assert isinstance(refusal.value.__cause__, UsersLimit)
    assert not Link.objects.for_tenant(tenant.id).exists()


def test_a_proven_address_of_its_own_domain_is_matched(connect: Connect, tenant: Tenant, alice: User) -> None:
    with_email(alice, "Alice@ACME.test")
    connection = connect(tenant, **DOMAINS)

    assert welcome(connection, ALICE, now=NOW) == alice
    assert Link.objects.for_tenant(tenant.id).get().user == alice


@pytest.mark.parametrize(
    ("terms", "visitor", "refusal"),
    [
        (DOMAINS, Visitor("sub-a", email="alice@acme.test"), AccountUnknown),
        ({"email_domains": ["acme.test"]}, ALICE, LinkFirst),
        ({}, ALICE, LinkFirst),
        ({"provisioning": "create"}, ALICE, LinkFirst),
        ({**DOMAINS, "email_domains": ["other.test"]}, ALICE, AccountUnknown),
    ],
    ids=["unverified", "not matching", "no domains", "even where people are made", "another domain"],
)
def test_an_address_alone_opens_nothing(
    connect: Connect, tenant: Tenant, alice: User, terms: dict[str, Any], visitor: Visitor, refusal: type[ImError]
) -> None:
    with_email(alice)
    connection = connect(tenant, **terms)

    with pytest.raises(refusal):
        welcome(connection, visitor, now=NOW)

    assert not Link.objects.for_tenant(tenant.id).exists()


def test_an_address_of_two_people_matches_neither(connect: Connect, tenant: Tenant, alice: User, bob: User) -> None:
    with_email(alice)
    with_email(bob)

    with pytest.raises(LinkFirst):
        welcome(connect(tenant, **DOMAINS), ALICE, now=NOW)


def test_an_unproven_address_of_somebody_makes_another_person_without_it(
    connect: Connect, tenant: Tenant, alice: User
) -> None:
    with_email(alice)
    connection = connect(tenant, provisioning="create")

    user = welcome(connection, Visitor("sub-x", email="alice@acme.test", username="mallory"), now=NOW)

    assert user != alice
    assert user.email == ""


def test_somebody_of_another_tenant_is_never_matched(
    connect: Connect, tenant: Tenant, other_tenant: Tenant, eve: User
) -> None:
    with_email(eve)

    with pytest.raises(AccountUnknown):
        welcome(connect(tenant, **DOMAINS), ALICE, now=NOW)


def test_whom_the_address_already_led_to_another_account_keeps_that(
    connect: Connect, tenant: Tenant, alice: User, link: MakeLink
) -> None:
    connection = connect(tenant, **DOMAINS)
    link(connection, with_email(alice), "sub-old")

    with pytest.raises(AlreadyLinked):
        welcome(connection, ALICE, now=NOW)


@pytest.mark.parametrize("how", ["service", "superuser", "system admin"])
def test_programs_and_those_above_the_tenant_are_never_linked(
    connect: Connect, tenant: Tenant, alice: User, link: MakeLink, how: str
) -> None:
    with_email(alice)
    if how == "service":
        alice.kind = User.Kind.SERVICE
    alice.is_superuser = how == "superuser"
    alice.save(update_fields=["kind", "is_superuser"])
    if how == "system admin":
        empower(alice, SYSTEM_ADMIN, SYSTEM)
    connection = connect(tenant, **DOMAINS)

    with pytest.raises(LinkRefused):
        welcome(connection, ALICE, now=NOW)
    with pytest.raises(LinkRefused):
        link_account(alice, connection, ALICE, now=NOW)

    link(connection, alice, "sub-a")
    with pytest.raises(LinkRefused):
        welcome(connection, ALICE, now=NOW)


def test_an_administrator_of_the_tenant_may_be_linked(connect: Connect, tenant: Tenant, alice: User) -> None:
    empower(alice, TENANT_ADMIN, tenant_scope(tenant.id))

    assert link_account(alice, connect(tenant), ALICE, now=NOW).user == alice


def test_linking_oneself_twice_is_once(connect: Connect, tenant: Tenant, alice: User) -> None:
    connection = connect(tenant)

    first = link_account(alice, connection, ALICE, now=NOW)

    assert link_account(alice, connection, ALICE, now=NOW).pk == first.pk
    assert first.label == "alice@acme.test"


def test_an_account_of_somebody_else_or_a_second_one_is_not_linked(
    connect: Connect, tenant: Tenant, alice: User, bob: User
) -> None:
    connection = connect(tenant)
    link_account(alice, connection, ALICE, now=NOW)

    with pytest.raises(AlreadyLinked):
        link_account(bob, connection, ALICE, now=NOW)
    with pytest.raises(AlreadyLinked):
        link_account(alice, connection, Visitor("sub-b"), now=NOW)


def test_a_connection_of_another_tenant_links_nobody(connect: Connect, other_tenant: Tenant, alice: User) -> None:
    connection: Connection = connect(other_tenant)

    with pytest.raises(LinkRefused):
        link_account(alice, connection, ALICE, now=NOW)
