"""Roles are granted and revoked through the services: within reach, and never more than one has."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import Grant
from apps.access.scopes import SYSTEM, tenant_scope
from tests.admin.world import World

LIST = "admin:access_grant_changelist"
ADD = "admin:access_grant_add"
Pages = dict[str, Client]


def wanted(world: World, person: str, role: str, **place: str) -> dict[str, str]:
    return {"user": str(world.people[person].pk), "role": role, "expires_at_0": "", "expires_at_1": "", **place}


def granted(world: World, person: str) -> list[tuple[str, str]]:
    rows = Grant.unscoped.filter(user_id=world.people[person].pk)
    return list(rows.values_list("role", "scope"))


def page_of(grant: Grant, name: str = "change") -> str:
    return reverse(f"admin:access_grant_{name}", args=[grant.pk])


def test_an_organisations_admin_makes_an_admin_of_a_department(world: World, pages: Pages) -> None:
    research = world.departments["Research"]
    form = wanted(world, "research", "department_admin", department=str(research.pk))

    answer = pages["organisation"].post(reverse(ADD), form)

    assert answer.status_code == 302
    assert granted(world, "research") == [("department_admin", research.path)]


def test_without_a_department_it_is_everywhere_in_ones_tenant(world: World, pages: Pages) -> None:
    pages["tenant"].post(reverse(ADD), wanted(world, "south", "auditor"))

    assert granted(world, "south") == [("auditor", tenant_scope(world.tenants["acme"].pk).path)]


def test_a_systems_admin_grants_anywhere(world: World, pages: Pages) -> None:
    rival = str(world.tenants["rival"].pk)
    pages["system"].post(reverse(ADD), wanted(world, "rival", "tenant_admin", tenant=rival))
    form = {**wanted(world, "sales", "auditor"), "user": str(world.admins["root"].pk)}
    pages["system"].post(reverse(ADD), form)

    assert granted(world, "rival") == [("tenant_admin", tenant_scope(world.tenants["rival"].pk).path)]
    assert Grant.unscoped.filter(user_id=world.admins["root"].pk, scope=SYSTEM.path).exists()


def test_a_department_of_another_tenant_than_named_is_refused(world: World, pages: Pages) -> None:
    place = {"tenant": str(world.tenants["rival"].pk), "department": str(world.departments["Sales"].pk)}

    answer = pages["system"].post(reverse(ADD), wanted(world, "sales", "auditor", **place))

    assert answer.status_code == 200
    assert granted(world, "sales") == []


@pytest.mark.parametrize(
    ("person", "role", "department"),
    [
        ("sales", "organisation_admin", "Sales"),
        ("sales", "tenant_admin", ""),
        ("sales", "department_admin", "Research"),
        ("sales", "department_admin", "Depot"),
        ("research", "department_admin", "Sales"),
        ("rival", "department_admin", "Sales"),
    ],
)
def test_nobody_reaches_past_her_scope(world: World, pages: Pages, person: str, role: str, department: str) -> None:
    place = str(world.departments[department].pk) if department else ""

    answer = pages["department"].post(reverse(ADD), wanted(world, person, role, department=place))

    assert answer.status_code == 200
    assert granted(world, person) == []


def test_the_list_names_people_roles_and_places(world: World, pages: Pages) -> None:
    text = pages["system"].get(reverse(LIST)).content.decode()
    below = pages["organisation"].get(reverse(LIST)).content.decode()

    assert all(name in text for name in ("system-admin@system", "whole system", "Acme Group", "Tenant administrator"))
    assert "department-admin@acme" in below
    assert "tenant-admin@acme" not in below


def test_it_is_found_by_the_holder(world: World, pages: Pages) -> None:
    found = pages["system"].get(reverse(LIST), {"q": "department-admin"}).context["cl"].result_list

    assert [row.user_id for row in found] == [world.admins["department"].pk]


def test_a_grant_is_looked_at_and_revoked(world: World, pages: Pages) -> None:
    grant = Grant.unscoped.get(user_id=world.admins["department"].pk)
    assert pages["organisation"].get(page_of(grant)).status_code == 200
    assert pages["organisation"].post(page_of(grant), {"role": "tenant_admin"}).status_code == 403

    answer = pages["organisation"].post(page_of(grant, "delete"), {"post": "yes"})

    assert answer.status_code == 302
    assert not Grant.unscoped.filter(pk=grant.pk).exists()


def test_the_last_one_who_runs_the_system_stays(world: World, pages: Pages) -> None:
    world.admins["root"].is_active = False
    world.admins["root"].save()
    grant = Grant.unscoped.get(user_id=world.admins["system"].pk)

    pages["system"].post(page_of(grant, "delete"), {"post": "yes"})

    assert Grant.unscoped.filter(pk=grant.pk).exists()
