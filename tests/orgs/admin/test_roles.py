"""Roles of a tenant's own are made, changed and deleted through the services."""

from django.test import Client
from django.urls import reverse

from apps.access.models import Role
from tests.admin.conftest import give_role
from tests.admin.world import World

LIST = "admin:access_role_changelist"
ADD = "admin:access_role_add"
NEW = {"key": "desk", "name": "Help desk", "units": ["orgs.people.view", "orgs.people.password"]}
Pages = dict[str, Client]


def page_of(role: Role, name: str = "change") -> str:
    return reverse(f"admin:access_role_{name}", args=[role.pk])


def test_it_is_made_changed_and_deleted(world: World, pages: Pages) -> None:
    assert pages["tenant"].post(reverse(ADD), NEW).status_code == 302
    role = Role.unscoped.get()
    page = pages["tenant"].get(page_of(role)).content.decode()

    form = {"name": "Front desk", "units": ["orgs.people.view"], "version": "1"}
    changed = pages["tenant"].post(page_of(role), form)
    stale = pages["tenant"].post(page_of(role), form)
    role.refresh_from_db()
    deleted = pages["tenant"].post(page_of(role, "delete"), {"post": "yes"})

    assert page.count("checked") >= 2
    assert (changed.status_code, stale.status_code, deleted.status_code) == (302, 200, 302)
    assert (role.name, role.units, role.tenant_id) == ("Front desk", ["orgs.people.view"], world.tenants["acme"].pk)
    assert not Role.unscoped.exists()


def test_one_that_somebody_holds_stays(world: World, pages: Pages) -> None:
    pages["tenant"].post(reverse(ADD), NEW)
    role = Role.unscoped.get()
    give_role(world.people["sales"], role.id.hex, custom=role)

    pages["tenant"].post(page_of(role, "delete"), {"post": "yes"})

    assert Role.unscoped.exists()
    assert pages["tenant"].get(reverse(LIST)).context["cl"].result_list[0].holders == 1


def test_a_tenants_admin_cannot_give_what_she_lacks(world: World, pages: Pages) -> None:
    answer = pages["tenant"].post(reverse(ADD), {**NEW, "units": ["tenants.tenant.manage"]})

    assert answer.status_code == 200
    assert "tenants.tenant.manage" in str(answer.context["adminform"].form.errors)
    assert not Role.unscoped.exists()


def test_a_systems_admin_says_for_which_tenant(world: World, pages: Pages) -> None:
    pages["system"].post(reverse(ADD), {**NEW, "tenant": str(world.tenants["rival"].pk)})

    role = Role.unscoped.get()
    assert role.tenant_id == world.tenants["rival"].pk
    assert pages["tenant"].get(page_of(role)).status_code == 404


def test_below_the_tenant_there_are_no_roles_to_see(pages: Pages) -> None:
    assert [pages[level].get(reverse(LIST)).status_code for level in ("organisation", "department")] == [403, 403]
