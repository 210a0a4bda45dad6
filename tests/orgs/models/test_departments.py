"""What the tables of organisations and departments refuse by themselves."""

from typing import Any

import pytest
from django.db import IntegrityError

from apps.access.scopes import organisation_scope
from apps.orgs.models import Department, Organisation
from apps.tenants.models import Tenant


@pytest.fixture
def company(tenant: Tenant) -> Organisation:
    return Organisation.objects.for_tenant(tenant.id).create(tenant=tenant, name="蓝海集团", code="BH")


def node(company: Organisation, *, tree_id: int, parent: Department | None = None, **fields: Any) -> Department:
    values = {"name": "研发部", "path": f"{parent.path if parent else 't'}/{fields.get('name', 'x')}", **fields}
    return Department(
        tenant_id=company.tenant_id,
        organisation=company,
        parent=parent,
        lft=1,
        rght=2,
        tree_id=tree_id,
        level=0,
        **values,
    )


def store(*departments: Department) -> None:
    Department.objects.for_tenant(departments[0].tenant_id).bulk_create(departments)


def test_two_organisations_of_a_tenant_have_different_names(company: Organisation, other_tenant: Tenant) -> None:
    Organisation.objects.for_tenant(other_tenant.id).create(tenant=other_tenant, name=company.name)

    with pytest.raises(IntegrityError, match="orgs_organisation_name_once"):
        Organisation.objects.for_tenant(company.tenant_id).create(tenant=company.tenant, name=company.name)


def test_two_organisations_may_both_have_no_code_but_not_the_same(company: Organisation) -> None:
    rows = Organisation.objects.for_tenant(company.tenant_id)
    rows.create(tenant=company.tenant, name="A")
    rows.create(tenant=company.tenant, name="B")

    with pytest.raises(IntegrityError, match="orgs_organisation_code_once"):
        rows.create(tenant=company.tenant, name="C", code="BH")


def test_an_organisation_has_one_root(company: Organisation) -> None:
    store(node(company, tree_id=1, name="root"))

    with pytest.raises(IntegrityError, match="orgs_department_one_root"):
        store(node(company, tree_id=2, name="another"))


def test_two_roots_never_share_a_tree(company: Organisation) -> None:
    second = Organisation.objects.for_tenant(company.tenant_id).create(tenant=company.tenant, name="二")
    store(node(company, tree_id=1, name="root"))

    with pytest.raises(IntegrityError, match="orgs_department_own_tree"):
        store(node(second, tree_id=1, name="root of the second"))


def test_siblings_have_different_names_and_codes(company: Organisation) -> None:
    root = node(company, tree_id=1, name="root")
    store(root, node(company, tree_id=1, parent=root, name="研发", code="RD"))

    with pytest.raises(IntegrityError, match="orgs_department_code_once"):
        store(node(company, tree_id=1, parent=root, name="市场", code="RD"))


def test_siblings_of_one_name_are_refused(company: Organisation) -> None:
    root = node(company, tree_id=1, name="root")
    store(root, node(company, tree_id=1, parent=root, name="研发"))

    with pytest.raises(IntegrityError, match="orgs_department_name_once"):
        store(node(company, tree_id=1, parent=root, name="研发", path="t/elsewhere"))


def test_a_department_knows_its_place_without_a_query(company: Organisation) -> None:
    path = organisation_scope(company.tenant_id, company.id).path
    root = node(company, tree_id=1, name="root", path=path)
    root.rght = 10

    assert root.is_root
    assert root.descendant_count == 4
    assert root.scope == organisation_scope(company.tenant_id, company.id)
    assert str(root) == "root"
    assert str(company) == "蓝海集团"
