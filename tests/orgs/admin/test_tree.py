"""The tree's page: whose tops it shows, what a level holds, and where a department may be dropped."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.orgs.models import Department
from tests.admin.conftest import give_units
from tests.admin.world import World

TREE, LEVEL, MOVE = (reverse(f"orgs_tree:{name}") for name in ("overview", "level", "move"))
Pages = dict[str, Client]


def names(client: Client, **query: str) -> list[str]:
    return [item["name"] for item in client.get(LEVEL, query).json()["items"]]


def move(client: Client, department: Department, parent: Department, **more: str) -> Any:
    department.refresh_from_db()
    form = {"department": str(department.pk), "parent": str(parent.pk), "version": str(department.version), **more}
    return client.post(MOVE, form)


def test_each_level_begins_where_its_powers_begin(pages: Pages) -> None:
    tops = {level: names(pages[level]) for level in ("tenant", "organisation", "department")}

    assert tops == {"tenant": ["North", "South"], "organisation": ["North"], "department": ["Sales"]}


def test_a_systems_admin_says_which_tenant(pages: Pages) -> None:
    page = pages["system"].get(TREE, {"tenant": "rival"}).content.decode()

    assert names(pages["system"], tenant="rival") == ["Abroad"]
    assert names(pages["system"]) == ["North", "South"]
    assert f'data-level-url="{LEVEL}?tenant=rival"' in page
    assert pages["system"].get(LEVEL, {"tenant": "nobody"}).status_code == 404


def test_others_are_not_asked_for_a_tenant(pages: Pages) -> None:
    page = pages["tenant"].get(TREE, {"tenant": "rival"}).content.decode()

    assert "rival" not in page
    assert names(pages["tenant"], tenant="rival") == ["North", "South"]


def test_a_level_comes_with_its_figures_in_few_queries(
    world: World, pages: Pages, django_assert_max_num_queries: Any
) -> None:
    pages["organisation"].get(LEVEL)  # the first answer of a session notes its browser

    with django_assert_max_num_queries(9):
        items = pages["organisation"].get(LEVEL, {"parent": str(world.departments["North"].pk)}).json()["items"]

    sales = next(item for item in items if item["name"] == "Sales")
    assert (sales["children"], sales["people"], sales["movable"], sales["is_hidden"]) == (1, 1, True, False)


def test_the_topmost_is_not_movable(world: World, pages: Pages) -> None:
    tops = [pages[level].get(LEVEL).json()["items"][0]["movable"] for level in ("organisation", "department")]

    assert tops == [False, False]


@pytest.mark.parametrize(("parent", "status"), [("Research", 404), ("North", 404), ("Depot", 404), ("Sales", 200)])
def test_a_level_outside_is_not_there(world: World, pages: Pages, parent: str, status: int) -> None:
    answer = pages["department"].get(LEVEL, {"parent": str(world.departments[parent].pk)})

    assert answer.status_code == status


def test_nonsense_is_refused(world: World, pages: Pages) -> None:
    level = pages["tenant"].get(LEVEL, {"parent": "x"})
    moved = pages["tenant"].post(MOVE, {"department": "x", "parent": "y", "version": "z"})

    assert (level.status_code, moved.status_code) == (400, 400)
    assert level.json()["code"] == "invalid_input"


def test_a_department_is_dropped_elsewhere(world: World, pages: Pages) -> None:
    east, research, sales = (world.departments[name] for name in ("East", "Research", "Sales"))

    answer = move(pages["organisation"], east, world.departments["North"], before=str(sales.pk))

    assert answer.status_code == 200
    order = names(pages["organisation"], parent=str(world.departments["North"].pk))
    assert order.index("East") == order.index("Sales") - 1
    assert research.name in order


def test_a_stale_drop_is_refused_with_its_reason(world: World, pages: Pages) -> None:
    answer = move(pages["organisation"], world.departments["East"], world.departments["Research"], version="999")

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


@pytest.mark.parametrize("parent", ["Research", "North", "Store", "Depot"])
def test_nothing_is_dropped_outside(world: World, pages: Pages, parent: str) -> None:
    answer = move(pages["department"], world.departments["East"], world.departments[parent])

    world.departments["East"].refresh_from_db()
    assert answer.status_code in {403, 404}
    assert world.departments["East"].parent == world.departments["Sales"]


def test_nothing_is_taken_from_outside(world: World, pages: Pages) -> None:
    answer = move(pages["department"], world.departments["Research"], world.departments["Sales"])

    assert answer.status_code == 404


def test_links_are_what_one_may(pages: Pages) -> None:
    add = reverse("admin:orgs_organisation_add")

    assert add in pages["tenant"].get(TREE).content.decode()
    assert add not in pages["organisation"].get(TREE).content.decode()


def test_whoever_only_looks_moves_nothing(world: World) -> None:
    give_units(world.people["sales"], "orgs.department.view", scope=world.departments["North"].scope)
    client = Client()
    client.force_login(world.people["sales"])

    page = client.get(TREE).content.decode()
    items = client.get(LEVEL, {"parent": str(world.departments["North"].pk)}).json()["items"]
    answer = move(client, world.departments["East"], world.departments["Research"])

    assert reverse("admin:orgs_department_add") not in page
    assert [item["movable"] for item in items] == [False, False]
    assert answer.status_code == 403


def test_whoever_sees_no_departments_does_not_get_in(world: World) -> None:
    give_units(world.people["sales"], "accounts.terminals.view", scope=world.departments["North"].scope)
    client = Client()
    client.force_login(world.people["sales"])

    assert [client.get(TREE).status_code, client.get(LEVEL).status_code] == [403, 403]
    assert Client().get(TREE).status_code == 302


def test_methods_that_make_no_sense_are_refused(pages: Pages) -> None:
    assert [pages["tenant"].post(LEVEL).status_code, pages["tenant"].get(MOVE).status_code] == [405, 405]
