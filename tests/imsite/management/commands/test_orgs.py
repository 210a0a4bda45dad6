"""`manage.py orgs` finds broken trees, mends them, and says so."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.orgs.models import Department, Organisation
from apps.orgs.services.trees import insert_root
from apps.tenants.models import Tenant


@pytest.fixture
def root(tenant: Tenant) -> Department:
    company = Organisation.objects.for_tenant(tenant.id).create(tenant=tenant, name="Acme Ltd")
    return insert_root(company, path=f"t:{tenant.id.hex}/o:{company.id.hex}")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("orgs", *arguments, stdout=output)
    return output.getvalue()


def test_whole_trees_are_in_order(root: Department) -> None:
    assert run("check") == "all department trees are in order\n"
    assert run("check", "--tenant", "acme") == "all department trees are in order\n"


def test_a_broken_tree_is_told_and_mended(root: Department) -> None:
    Department.objects.for_tenant(root.tenant_id).filter(pk=root.pk).update(rght=9)
    output = io.StringIO()

    with pytest.raises(CommandError, match="1 things are wrong"):
        call_command("orgs", "check", stdout=output)

    assert output.getvalue() == f"acme: {root.pk}: rght is 9, should be 2\n"
    assert run("repair") == "1 departments repaired\nall department trees are in order\n"


def test_what_cannot_be_mended_stays_an_error(root: Department) -> None:
    bare = Organisation.objects.for_tenant(root.tenant_id).create(tenant_id=root.tenant_id, name="Bare")
    lost = Department(
        tenant_id=root.tenant_id, organisation=bare, name="X", path="x", lft=1, rght=2, level=1, tree_id=root.tree_id
    )
    lost.parent_id = lost.pk
    Department.objects.for_tenant(root.tenant_id).bulk_create([lost])
    output = io.StringIO()

    with pytest.raises(CommandError, match="2 things"):
        call_command("orgs", "check", stdout=output)
    with pytest.raises(CommandError, match="1 things"):
        call_command("orgs", "repair", stdout=output)

    assert "no root leads there" in output.getvalue()
    assert "the organisation Bare has no root department" in output.getvalue()


def test_an_unknown_tenant_is_refused(root: Department) -> None:
    with pytest.raises(CommandError, match="nobody"):
        run("check", "--tenant", "nobody")
