"""Departments are made, changed, moved and deleted through the services; what is above one's scope has no name."""

from django.test import Client
from django.urls import reverse

from apps.orgs.models import Department, Placement
from tests.admin.world import World

LIST = "admin:orgs_department_changelist"
ADD = "admin:orgs_department_add"
TABLE = {"placements-TOTAL_FORMS": "0", "placements-INITIAL_FORMS": "0"}
Pages = dict[str, Client]


def page_of(department: Department, name: str = "change") -> str:
    return reverse(f"admin:orgs_department_{name}", args=[department.pk])


def said(department: Department, **fields: str) -> dict[str, str]:
    department.refresh_from_db()
    form = {"name": department.name, "code": "", "version": str(department.version), **TABLE}
    return {**form, "parent": str(department.parent_id or ""), **fields}


def test_a_department_is_made_below_another(world: World, pages: Pages) -> None:
    sales = world.departments["Sales"]
    page = pages["department"].get(reverse(ADD), {"parent": str(sales.pk)}).content.decode()

    answer = pages["department"].post(reverse(ADD), {"parent": str(sales.pk), "name": "West", "code": "", **TABLE})

    assert f'value="{sales.pk}" selected' in page
    assert answer.status_code == 302
    assert Department.unscoped.get(name="West").parent == sales


def test_not_below_one_outside(world: World, pages: Pages) -> None:
    for name in ("Research", "North", "Store", "Depot"):
        form = {"parent": str(world.departments[name].pk), "name": "Mine", "code": "", **TABLE}

        assert pages["department"].post(reverse(ADD), form).status_code == 200
    assert not Department.unscoped.filter(name="Mine").exists()


def test_what_is_around_ones_own_is_not_named(world: World, pages: Pages) -> None:
    world.organisations["North"].name = "Secret Holding"
    world.organisations["North"].save()
    Department.unscoped.filter(pk=world.departments["North"].pk).update(name="Secret Holding")

    shown = "".join(
        pages["department"].get(url).content.decode()
        for url in (reverse(LIST), page_of(world.departments["Sales"]), page_of(world.departments["East"]))
    )

    assert "Secret Holding" not in shown
    assert "Sales" in shown
    assert "Secret Holding" in pages["organisation"].get(reverse(LIST)).content.decode()


def test_a_change_moves_it_when_it_is_to_be_below_another(world: World, pages: Pages) -> None:
    east, research = world.departments["East"], world.departments["Research"]

    answer = pages["organisation"].post(page_of(east), said(east, name="Far East", parent=str(research.pk)))

    east.refresh_from_db()
    assert answer.status_code == 302
    assert (east.name, east.parent, east.scope.parent) == ("Far East", research, research.scope)


def test_a_move_out_of_the_scope_is_refused_and_undone(world: World, pages: Pages) -> None:
    east = world.departments["East"]

    answer = pages["department"].post(
        page_of(east), said(east, name="Far East", parent=str(world.departments["Research"].pk))
    )

    east.refresh_from_db()
    assert answer.status_code == 200
    assert (east.name, east.parent) == ("East", world.departments["Sales"])


def test_a_forged_parent_of_ones_topmost_is_ignored(world: World, pages: Pages) -> None:
    sales = world.departments["Sales"]

    answer = pages["department"].post(page_of(sales), said(sales, parent=str(world.departments["East"].pk)))

    sales.refresh_from_db()
    assert answer.status_code == 302
    assert sales.parent == world.departments["North"]


def test_a_root_keeps_the_name_of_its_organisation(world: World, pages: Pages) -> None:
    north = world.departments["North"]

    answer = pages["tenant"].post(page_of(north), said(north, name="Other", code="N1"))

    north.refresh_from_db()
    assert answer.status_code == 302
    assert (north.name, north.code) == ("North", "N1")


def test_only_an_empty_one_is_deleted(world: World, pages: Pages) -> None:
    sales, east = world.departments["Sales"], world.departments["East"]

    pages["organisation"].post(page_of(sales, "delete"), {"post": "yes"})
    pages["organisation"].post(page_of(east, "delete"), {"post": "yes"})
    kept = Department.unscoped.filter(pk=sales.pk).exists()

    assert kept
    assert not Department.unscoped.filter(pk=east.pk).exists()


def test_what_the_service_refuses_is_said(world: World, pages: Pages) -> None:
    Placement.unscoped.all().delete()
    sales = world.departments["Sales"]
    Department.unscoped.filter(pk=world.departments["East"].pk).delete()

    answer = pages["department"].post(page_of(sales, "delete"), {"post": "yes"}, follow=True)

    assert "permission" in answer.content.decode()
    assert Department.unscoped.filter(pk=sales.pk).exists()


def test_departments_are_offered_by_their_paths_as_far_as_one_sees_them(world: World, pages: Pages) -> None:
    query = {"app_label": "orgs", "model_name": "placement", "field_name": "department", "term": "East"}

    offered = {
        level: [row["text"] for row in pages[level].get(reverse("admin:autocomplete"), query).json()["results"]]
        for level in ("organisation", "department")
    }

    assert offered == {"organisation": ["North / Sales / East"], "department": ["Sales / East"]}
