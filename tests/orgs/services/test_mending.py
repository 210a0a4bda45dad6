"""Broken trees are found, and made whole with people and grants where they belong."""

from apps.access.roles import DEPARTMENT_ADMIN
from apps.access.scopes import Scope
from apps.accounts.models import User
from apps.orgs.models import Department, Organisation
from apps.orgs.services.mending import check_trees, repair_trees
from apps.tenants.models import Tenant
from tests.orgs.conftest import Give, Grow, drawn, fresh, root_of


def test_trees_that_services_made_are_in_order(tenant: Tenant, root: Department, grow: Grow) -> None:
    grow(grow(root, "A"), "A1")
    grow(root, "B")

    assert list(check_trees(tenant)) == []
    assert repair_trees(tenant) == 0


def test_a_broken_tree_is_mended(
    tenant: Tenant, alice: User, company: Organisation, root: Department, grow: Grow, give: Give
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    inner = grow(first, "A1")
    rows = Department.objects.for_tenant(tenant.id)
    wrong = f"{second.path}/d:{inner.pk.hex}"
    rows.filter(pk=inner.pk).update(path=wrong, level=7)
    rows.filter(pk=root.pk).update(rght=4)
    grant = give(alice, DEPARTMENT_ADMIN, Scope(wrong))

    broken = {(found.department_id, found.field) for found in check_trees(tenant)}
    count = repair_trees(tenant)

    assert broken == {(inner.pk, "path"), (inner.pk, "level"), (root.pk, "rght")}
    assert count == 2
    assert list(check_trees(tenant)) == []
    assert drawn(company) == ["蓝海科技", "-A", "--A1", "-B"]
    grant.refresh_from_db()
    assert grant.scope == fresh(inner).path == inner.path


def test_an_organisation_gets_the_root_it_lacks(tenant: Tenant) -> None:
    bare = Organisation.objects.for_tenant(tenant.id).create(tenant=tenant, name="Bare")

    assert [(found.department_id, found.field) for found in check_trees(tenant)] == [(bare.pk, "root")]
    assert repair_trees(tenant) == 1
    assert root_of(bare).name == "Bare"
    assert list(check_trees(tenant)) == []


def test_another_tenants_trees_are_left_alone(tenant: Tenant, other_tenant: Tenant, root: Department) -> None:
    Department.objects.for_tenant(tenant.id).filter(pk=root.pk).update(rght=99)

    assert list(check_trees(other_tenant)) == []
    assert repair_trees(other_tenant) == 0
    assert fresh(root).rght == 99
