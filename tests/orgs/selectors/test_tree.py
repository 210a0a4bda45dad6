"""The tree opens level by level, in a bounded number of queries, as far as an administrator's powers reach."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.access.errors import NotPermitted
from apps.access.policies import ALL, NONE, Powers, held
from apps.access.scopes import Scope, tenant_scope
from apps.access.units import Unit
from apps.accounts.models import User
from apps.orgs import services
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.models import Department, Organisation
from apps.orgs.selectors.tree import tree_level, tree_tops
from apps.orgs.units import DEPARTMENT_VIEW, PEOPLE_VIEW
from apps.tenants.models import Tenant
from tests.orgs.conftest import NOW, Grow


def powers(*scopes: Scope, unit: Unit = DEPARTMENT_VIEW) -> Powers:
    return Powers(tuple(held([unit], scope) for scope in scopes))


def names(departments: list[Department]) -> list[str]:
    return [department.name for department in departments]


def counts(departments: list[Department]) -> list[tuple[str, int, int, int]]:
    return [(row.name, row.children_count, row.people_count, row.descendant_count) for row in departments]


def test_a_level_comes_in_order_with_counts(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    second = grow(root, "B")
    first = grow(root, "A", before_id=second.pk)
    grow(grow(first, "A1"), "A11")
    for user in (alice, bob):
        services.place_person(boss, user_id=user.id, department_id=second.pk, now=NOW)

    with django_assert_num_queries(2):
        level = tree_level(powers(root.scope), parent_id=root.pk)
        assert {row.organisation.name for row in level} == {"蓝海科技"}

    assert counts(level) == [("A", 1, 0, 2), ("B", 0, 2, 0)]


def test_a_level_outside_ones_powers_is_not_there(root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")

    assert tree_level(powers(first.scope), parent_id=first.pk) == []
    for parent in (root, second):
        with pytest.raises(DepartmentNotFound):
            tree_level(powers(first.scope), parent_id=parent.pk)
    with pytest.raises(DepartmentNotFound):
        tree_level(powers(root.scope, unit=PEOPLE_VIEW), parent_id=root.pk)


def test_an_admin_begins_with_the_outermost_she_sees(
    boss: User, company: Organisation, root: Department, grow: Grow, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.create_organisation(boss, name="第二家", sort=-1, now=NOW)
    first, second = grow(root, "A"), grow(root, "B")
    inner = grow(first, "A1")
    tenant_id = company.tenant_id

    with django_assert_num_queries(1):
        assert names(tree_tops(powers(tenant_scope(tenant_id)), tenant_id=tenant_id)) == ["第二家", "蓝海科技"]
    assert names(tree_tops(ALL, tenant_id=tenant_id)) == ["第二家", "蓝海科技"]
    assert names(tree_tops(powers(root.scope), tenant_id=tenant_id)) == ["蓝海科技"]
    assert names(tree_tops(powers(second.scope, first.scope, inner.scope), tenant_id=tenant_id)) == ["A", "B"]
    assert tree_tops(NONE, tenant_id=tenant_id) == []


def test_another_tenants_tree_is_not_shown(company: Organisation, root: Department, other_tenant: Tenant) -> None:
    assert tree_tops(powers(tenant_scope(company.tenant_id)), tenant_id=other_tenant.id) == []
    assert tree_tops(powers(tenant_scope(other_tenant.id)), tenant_id=company.tenant_id) == []


def test_seeing_people_is_not_seeing_departments(root: Department) -> None:
    both = Powers((held([PEOPLE_VIEW], root.scope),))

    with pytest.raises((DepartmentNotFound, NotPermitted)):
        tree_level(both, parent_id=root.pk)
