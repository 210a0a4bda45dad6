"""What a viewer's places amount to."""

from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.orgs.models import Agreement, Department, Organisation, PersonSettings, Placement
from apps.orgs.selectors.standing import around, read_standing
from apps.orgs.visibility import Agreement as Agreed
from apps.orgs.visibility import Department as Place
from apps.orgs.visibility import Organisation as Company
from apps.orgs.visibility import Person, World
from apps.orgs.visibility import Placement as Works
from tests.orgs.small_worlds import PEOPLE, Stored, store_world


def stored(*places: Works, reach: str = "organisation", **changes: bool) -> Stored:
    """`a` at these places of acme, which rival lets see its people: root > sales > north."""
    return store_world(
        World(
            people={name: Person(**changes) if name == "a" else Person() for name in PEOPLE},
            organisations={"acme": Company(reach), "rival": Company()},
            departments={
                "root": Place("acme"),
                "sales": Place("acme", "root"),
                "north": Place("acme", "sales"),
                "hall": Place("rival"),
            },
            placements=places,
            agreements=(Agreed("rival", "acme", may_write=True), Agreed("acme", "rival")),
        )
    )


def organisation(world: Stored, name: str) -> Organisation:
    return Organisation.objects.for_tenant(world.tenant_id).get(name=name)


def path(world: Stored, name: str) -> str:
    return str(Department.objects.for_tenant(world.tenant_id).get(name=name).path)


pytestmark = pytest.mark.django_db


def test_who_has_no_place_is_of_the_tenant_at_large(alice: User) -> None:
    standing = read_standing(alice)

    assert (standing.is_placed, standing.is_guest, standing.whole, standing.around) == (
        False,
        False,
        frozenset(),
        frozenset(),
    )


def test_a_place_opens_the_whole_organisation_and_what_is_agreed_with_it() -> None:
    world = stored(Works("a", "north"))

    standing = read_standing(world.users["a"])

    assert standing.whole == {organisation(world, "acme").id}
    assert standing.agreed == standing.agreed_to_write == {organisation(world, "rival").id}
    assert standing.places == {path(world, "north")}
    assert standing.around == {path(world, name) for name in ("root", "sales", "north")}
    assert standing.branches == set()


def test_or_the_branch_below_the_first_level() -> None:
    world = stored(Works("a", "north"), reach="branch")

    standing = read_standing(world.users["a"])

    assert (standing.whole, standing.branches) == (frozenset(), frozenset({path(world, "sales")}))


def test_the_branch_of_the_root_is_everything() -> None:
    world = stored(Works("a", "root"), reach="branch")

    assert read_standing(world.users["a"]).branches == {path(world, "root")}


def test_leaders_lead_what_is_below() -> None:
    world = stored(Works("a", "sales", is_leader=True), Works("a", "root"), reach="department")

    assert read_standing(world.users["a"]).branches == {path(world, "sales")}


def test_a_closed_organisation_opens_nothing_but_is_a_place() -> None:
    world = stored(Works("a", "north"))
    Organisation.objects.for_tenant(world.tenant_id).filter(name="acme").update(is_active=False)

    standing = read_standing(world.users["a"])

    assert standing.is_placed
    assert standing.whole == standing.places == standing.agreed == set()


def test_an_agreement_may_allow_seeing_only() -> None:
    world = stored(Works("a", "north"))
    Agreement.objects.for_tenant(world.tenant_id).update(may_write=False)

    standing = read_standing(world.users["a"])

    assert standing.agreed
    assert not standing.agreed_to_write


def test_guests_are_marked(alice: User) -> None:
    PersonSettings(tenant_id=alice.tenant_id, user=alice, is_guest=True).save()

    assert read_standing(alice).is_guest


def test_two_queries_whatever_the_places(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    world = stored(Works("a", "north"), Works("a", "sales"), Works("a", "hall"))

    with django_assert_num_queries(2):
        standing = read_standing(world.users["a"])

    assert len(standing.places) == 3
    assert Placement.objects.for_tenant(world.tenant_id).count() == 3


def test_hidden_departments_are_walls_to_those_outside() -> None:
    world = stored(Works("a", "north"), Works("b", "root"))
    Department.objects.for_tenant(world.tenant_id).filter(name="sales").update(is_hidden=True)

    within, without = (read_standing(world.users[name]) for name in "ab")

    assert (within.inside, within.has_walls) == (frozenset({path(world, "sales")}), False)
    assert (without.inside, without.has_walls) == (frozenset(), True)


def test_without_hidden_departments_there_are_no_walls() -> None:
    assert not read_standing(stored(Works("a", "north")).users["a"]).has_walls


def test_who_sees_most_is_told_by_the_size_of_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.orgs.selectors.standing.MOST", 0.3)
    world = stored(Works("a", "hall"), Works("b", "north"))  # a's organisation has one department of four, b's three
    Agreement.objects.for_tenant(world.tenant_id).delete()

    standings = [read_standing(world.users[name]) for name in "abc"]

    assert [standing.sees_most for standing in standings] == [False, True, True]


def test_who_sees_a_part_of_an_organisation_only_sees_few() -> None:
    world = stored(Works("a", "north"), reach="department")
    Agreement.objects.for_tenant(world.tenant_id).delete()

    assert not read_standing(world.users["a"]).sees_most


def test_the_departments_around_a_path() -> None:
    tenant, organisation_id, department = (UUID(int=n).hex for n in (1, 2, 3))

    assert around(f"t:{tenant}/o:{organisation_id}/d:{department}") == [
        f"t:{tenant}/o:{organisation_id}",
        f"t:{tenant}/o:{organisation_id}/d:{department}",
    ]
