"""The first page counts and mentions what lies within somebody's scopes, and nothing else."""

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from apps.access.models import Grant
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_group
from apps.orgs.models import Placement
from apps.tenants.models import Tenant
from imsite.overview import figures, notices, places, recent_entries
from tests.admin.conftest import make_terminal, make_tokens
from tests.admin.world import LEVELS, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def of(world: World, level: str) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = world.admins[level]
    return request


def counted(world: World, level: str) -> dict[str, str]:
    return {figure.label: figure.value for figure in figures(of(world, level))}


def said(world: World, level: str) -> list[str]:
    return [notice.text for notice in notices(of(world, level))]


def test_each_level_has_its_figures(world: World) -> None:
    for place in ("rival", "sales"):
        make_terminal(world.people[place])
        make_tokens(world.people[place], place)
    start_group(world.people["rival"], title="x", member_ids=[], now_ms=now_ms())

    found = {level: counted(world, level) for level in LEVELS}

    assert found["system"].pop("Database")
    assert found == {
        "system": {
            "Tenants": "3",
            "Organisations": "3",
            "Departments": "8",
            "Active people": "10",
            "Conversations": "1",
            "Events in all logs": "1",
            "Terminals in use": "2",
            "Programs signed in": "2",
        },
        "tenant": {
            "Organisations": "2",
            "Departments": "6",
            "Active people": "7",
            "Conversations": "0",
            "Events in all logs": "0",
            "Terminals in use": "1",
            "Programs signed in": "1",
        },
        "organisation": {
            "Organisations": "1",
            "Departments": "4",
            "Active people": "2",
            "Terminals in use": "1",
            "Programs signed in": "1",
        },
        "department": {"Departments": "2", "Active people": "1", "Terminals in use": "1", "Programs signed in": "1"},
    }
    assert counted(world, "nobody") == {}


def test_it_says_where_one_has_powers(world: World) -> None:
    named = {level: places(of(world, level)) for level in ("root", *LEVELS, "nobody")}

    assert named == {
        "root": ["the whole system"],
        "system": ["the whole system"],
        "tenant": ["Acme Group"],
        "organisation": ["North"],
        "department": ["Sales"],
        "nobody": [],
    }


def test_a_tenant_that_is_nearly_full_is_mentioned(world: World) -> None:
    Tenant.objects.filter(slug="acme").update(users_max=7)
    Tenant.objects.filter(slug="rival").update(users_max=100)

    assert "Acme Group (7/7)" in "".join(said(world, "system"))
    assert "Acme Group (7/7)" in "".join(said(world, "tenant"))
    assert "Acme" not in "".join(said(world, "organisation"))


def test_suspended_tenants_are_the_systems_business(world: World) -> None:
    Tenant.objects.filter(slug="rival").update(status="suspended")

    assert "1 tenant is suspended or to be deleted." in said(world, "system")
    assert not any("suspended" in text for text in said(world, "tenant"))


def test_people_without_a_place_are_mentioned_to_the_tenants_admin(world: World) -> None:
    Placement.unscoped.filter(user=world.people["south"]).delete()

    assert "5 people have no place in any department." in said(world, "tenant")
    assert not any("place" in text for text in said(world, "organisation"))


def test_grants_that_end_soon_are_mentioned(world: World) -> None:
    assert not any("grant" in text for text in said(world, "organisation"))

    mine = Grant.unscoped.filter(user_id=world.admins["department"].pk)
    mine.update(expires_at=timezone.now() + timedelta(days=3))

    assert "1 grant ends within two weeks." in said(world, "organisation")
    assert said(world, "nobody") == []


def test_what_was_done_lately_is_told_within_reach(world: World) -> None:
    labels = {level: {entry.target_label for entry in recent_entries(of(world, level))} for level in LEVELS}

    assert "rival-person@rival in Depot" in labels["system"]
    assert not any("rival" in label for label in labels["tenant"])
    assert labels["department"] == {"Sales", "East", "sales-person@acme in Sales"}
    assert recent_entries(of(world, "nobody")) == []
