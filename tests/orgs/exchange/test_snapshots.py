"""What is there, as the planners see it."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.policies import ALL
from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.snapshots import STAFF, STRUCTURE, free_accounts, read_people, read_tree
from apps.orgs.models import Department, Organisation
from apps.orgs.units import EXCHANGE_IMPORT
from apps.tenants.models import Tenant
from tests.orgs.exchange.conftest import Make, place


def test_the_tree_is_read_at_once(
    organisation: Organisation,
    root: Department,
    rd: Department,
    make: Make,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    lab = make("Lab", parent=rd, is_hidden=True)

    with django_assert_num_queries(1):
        snapshot = read_tree(organisation, ALL, seen_by=EXCHANGE_IMPORT)

    assert snapshot.tree.root == root.id
    assert snapshot.tree.find(Reference(names=("R&D", "Lab"))) == lab.id
    assert snapshot.tree[lab.id].is_hidden
    assert snapshot.scopes[lab.id] == lab.scope
    assert snapshot.versions[rd.id] == rd.version


def test_powers_end_where_the_scope_does(
    head: User, organisation: Organisation, rd: Department, sales: Department
) -> None:
    powers = powers_of(head, now=timezone.now())

    snapshot = read_tree(organisation, powers, seen_by=EXCHANGE_IMPORT)

    allows = snapshot.allows(powers, *STRUCTURE, *STAFF)
    assert allows(rd.id)
    assert not allows(sales.id)
    assert snapshot.tree.find(Reference(code="rd")) == rd.id
    assert snapshot.tree.find(Reference(code="sales")) is None
    assert snapshot.tree.is_top(rd.id)


def test_people_come_with_their_places_and_what_may_be_done(
    boss: User,
    head: User,
    alice: User,
    bob: User,
    carol: User,
    rd: Department,
    sales: Department,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    place(boss, alice, rd, title="Engineer")
    place(boss, bob, rd)
    place(boss, bob, sales, is_leader=True)
    powers = powers_of(head, now=timezone.now())

    with django_assert_num_queries(2):
        people = read_people(alice.tenant_id, {"alice", "bob", "carol", "nobody"}, powers)

    assert people.keys() == {"alice", "bob", "carol"}
    assert people["alice"].places[rd.id].title == "Engineer"
    assert people["bob"].places[sales.id].is_leader
    assert {name: (person.may_reach, person.may_change) for name, person in people.items()} == {
        "alice": (True, True),
        "bob": (True, False),
        "carol": (False, False),
    }
    assert [people[name].has_primary for name in ("alice", "carol")] == [True, False]


@pytest.mark.parametrize(("limit", "free"), [(None, None), (5, 3), (2, 0)])
def test_the_tenant_s_limit_leaves_so_many_places(
    tenant: Tenant, alice: User, bob: User, limit: int | None, free: int | None
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(users_max=limit)

    assert free_accounts(tenant.id) == free
