"""Places are given, changed and taken through the services, within reach."""

from django.test import Client
from django.urls import reverse

from apps.orgs.models import Placement
from tests.admin.world import World

ADD = "admin:orgs_placement_add"
Pages = dict[str, Client]


def page_of(placement: Placement, name: str = "change") -> str:
    return reverse(f"admin:orgs_placement_{name}", args=[placement.pk])


def of(world: World, place: str) -> Placement:
    return Placement.unscoped.get(user=world.people[place])


def new(world: World, person: str, department: str) -> dict[str, str]:
    return {
        "user": str(world.people[person].pk),
        "department": str(world.departments[department].pk),
        "title": "Clerk",
        "sort": "0",
    }


def test_somebody_gets_a_second_place(world: World, pages: Pages) -> None:
    link = {"user": str(world.people["sales"].pk), "department": str(world.departments["East"].pk)}
    page = pages["department"].get(reverse(ADD), link).content.decode()

    answer = pages["department"].post(reverse(ADD), new(world, "sales", "East"))

    assert all(f'value="{key}" selected' in page for key in link.values())
    assert answer.status_code == 302
    assert Placement.unscoped.filter(user=world.people["sales"]).count() == 2


def test_nobody_draws_people_in_from_outside(world: World, pages: Pages) -> None:
    for person in ("research", "south", "rival"):
        assert pages["department"].post(reverse(ADD), new(world, person, "East")).status_code == 200
    assert pages["department"].post(reverse(ADD), new(world, "sales", "Research")).status_code == 200
    assert Placement.unscoped.count() == 4


def test_what_a_place_says_may_change(world: World, pages: Pages) -> None:
    place = of(world, "sales")
    form = {"title": "经理", "is_leader": "on", "is_primary": "on", "sort": "3", "version": str(place.version)}
    assert pages["department"].get(page_of(place)).status_code == 200

    first = pages["department"].post(page_of(place), form)
    stale = pages["tenant"].post(page_of(place), {**form, "title": "Other"})

    place.refresh_from_db()
    assert (first.status_code, stale.status_code) == (302, 200)
    assert (place.title, place.is_leader, place.sort) == ("经理", True, 3)


def test_taking_a_place_leaves_the_person(world: World, pages: Pages) -> None:
    pages["department"].post(page_of(of(world, "sales"), "delete"), {"post": "yes"})

    world.people["sales"].refresh_from_db()
    assert world.people["sales"].is_active
    assert not Placement.unscoped.filter(user=world.people["sales"]).exists()


def test_places_outside_are_not_shown_on_the_page_of_a_person(world: World, pages: Pages) -> None:
    pages["tenant"].post(reverse(ADD), new(world, "sales", "Store"))
    url = reverse("admin:accounts_user_change", args=[world.people["sales"].pk])

    assert "Store" in pages["tenant"].get(url).content.decode()
    assert "Store" not in pages["department"].get(url).content.decode()


def test_a_place_is_titled_by_names(world: World, pages: Pages) -> None:
    place = Placement.unscoped.get(user=world.people["sales"])

    page = pages["department"].get(reverse("admin:orgs_placement_change", args=[place.pk])).content.decode()

    assert "sales-person@acme in Sales" in page
