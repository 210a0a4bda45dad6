"""Seeded companies are what the services would have made: whole trees, people who are found, powers that hold."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate

from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.accounts.selectors import search_users
from apps.orgs import services
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.services.mending import check_trees
from apps.orgs.units import ORGANISATION_CHANGE
from apps.tenants.models import Tenant
from imsite.errors import OperatorError
from imsite.seeding.companies import SHARES, Order, seed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORDER = Order(tenants=2, departments=40, people=100, prefix="try", password="a decent password")


@pytest.fixture
def tenants() -> list[Tenant]:
    return seed(ORDER, NOW)


def test_every_tenant_has_what_was_asked_for(tenants: list[Tenant]) -> None:
    assert [tenant.slug for tenant in tenants] == ["try1", "try2"]
    for tenant in tenants:
        assert Organisation.objects.for_tenant(tenant.id).count() == len(SHARES)
        assert Department.objects.for_tenant(tenant.id).count() == 40
        assert User.objects.for_tenant(tenant.id).count() == 100
        assert Placement.objects.for_tenant(tenant.id).filter(is_primary=True).count() == 100


def test_the_trees_are_in_order_and_can_be_changed(tenants: list[Tenant]) -> None:
    tenant = tenants[0]
    boss = User.objects.for_tenant(tenant.id).order_by("id").first()
    leaf = Department.objects.for_tenant(tenant.id).filter(level__gt=0).order_by("-level", "id").first()
    assert boss is not None
    assert leaf is not None
    root = Department.objects.for_tenant(tenant.id).exclude(organisation=leaf.organisation).get(name__endswith="总部")
    assert list(check_trees(tenant)) == []

    Department.objects.for_tenant(tenant.id).filter(pk=leaf.pk).update(name="搬家的", code="")
    services.move_department(boss, department_id=leaf.pk, parent_id=root.pk, version=1, now=NOW)

    assert list(check_trees(tenant)) == []


def test_every_department_has_a_leader_and_titles(tenants: list[Tenant]) -> None:
    places = Placement.objects.for_tenant(tenants[0].id)

    assert places.filter(is_leader=True).count() == 40
    assert not places.filter(title="").exists()


def test_people_are_found_and_sign_in(tenants: list[Tenant]) -> None:
    someone = User.objects.for_tenant(tenants[1].id).order_by("id")[50]

    assert someone in set(search_users(tenants[1].id, text=someone.display_name))
    assert someone in set(search_users(tenants[1].id, text=someone.username[:5]))
    assert authenticate(username=someone.login, password="a decent password") == someone


def test_who_leads_a_company_administers_it(tenants: list[Tenant]) -> None:
    for company in Organisation.objects.for_tenant(tenants[0].id):
        root = Department.objects.for_tenant(tenants[0].id).get(organisation=company, parent=None)
        leader = Placement.objects.for_tenant(tenants[0].id).get(department=root, is_leader=True).user
        assert powers_of(leader, now=NOW).may(ORGANISATION_CHANGE, root.scope)


def test_a_tenant_that_exists_is_left_alone(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(slug="acme1")

    with pytest.raises(OperatorError, match="acme1"):
        seed(Order(tenants=1, departments=5, people=1, prefix="acme"), NOW)


def test_without_a_password_nobody_signs_in(db: None) -> None:
    made = seed(Order(tenants=1, departments=5, people=3, prefix="shut"), NOW)

    assert not any(user.has_usable_password() for user in User.objects.for_tenant(made[0].id))
