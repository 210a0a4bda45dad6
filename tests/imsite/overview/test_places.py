"""The page says where one has powers, and leads there who may look."""

from apps.access.roles import DEPARTMENT_ADMIN
from apps.access.scopes import Scope
from imsite.overview.cards import NAMED, Link
from imsite.overview.places import read_places
from tests.admin.conftest import give_role, give_units
from tests.admin.world import LEVELS, World
from tests.imsite.overview.conftest import Reader


def test_each_level_is_called_by_its_place(world: World, reader: Reader) -> None:
    named = {
        level: [place.text for place in read_places(reader.request(level))] for level in ("root", *LEVELS, "nobody")
    }

    assert named == {
        "root": ["the whole system"],
        "system": ["the whole system"],
        "tenant": ["Acme Group"],
        "organisation": ["North"],
        "department": ["Sales"],
        "nobody": [],
    }


def test_a_place_leads_to_its_page(world: World, reader: Reader) -> None:
    [sales] = read_places(reader.request("department"))
    [acme] = read_places(reader.request("tenant"))

    assert world.client("department").get(sales.url).status_code == 200
    assert world.client("tenant").get(acme.url).status_code == 200


def test_who_may_not_look_is_not_led_there(world: World, reader: Reader) -> None:
    give_units(world.admins["nobody"], "orgs.people.view", scope=world.scope("department"))
    give_units(world.admins["nobody"], "orgs.people.view", scope=world.scope("tenant"))

    assert read_places(reader.request("nobody")) == [Link("Acme Group", ""), Link("Sales", "")]


def test_a_place_that_is_no_more_has_no_name(world: World, reader: Reader) -> None:
    gone = Scope(f"{world.scope('department').path}/d:{'0' * 32}")
    give_role(world.admins["nobody"], DEPARTMENT_ADMIN, scope=gone)

    assert read_places(reader.request("nobody")) == [Link("–", "")]


def test_many_places_are_named_in_part(world: World, reader: Reader) -> None:
    for name in ("North", "South", "Sales", "East", "Research", "Store"):
        give_role(world.admins["nobody"], DEPARTMENT_ADMIN, scope=world.departments[name].scope)

    assert len(read_places(reader.request("nobody"))) == NAMED
