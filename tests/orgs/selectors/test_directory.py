"""The tree as its people see it: what is shown and counted is what the rules say, in a bounded number of queries."""

from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.common.ids import new_id
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.selectors import directory
from apps.orgs.selectors.visibility import visible_placements
from tests.orgs.small_worlds import Stored, store_worlds

WORLDS = 60


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Any:
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield store_worlds(range(3000, 3000 + WORLDS))
        transaction.set_rollback(True)


def viewer_of(stored: Stored) -> User:
    active = [name for name, person in stored.world.people.items() if person.is_active]
    return stored.users[active[stored.seed % len(active)]]


def name_of(stored: Stored, user: User) -> str:
    return next(iter(stored.names([user.id])))


def line(stored: Stored, department: str) -> list[str]:
    above = stored.world.departments[department].parent
    return [*(line(stored, above) if above else []), department]


def known_in(stored: Stored, viewer: str, department: str) -> set[UUID]:
    """The people below a department of whose places the rules let the viewer know."""
    return {
        stored.users[place.person].id
        for place in stored.world.placements
        if department in line(stored, place.department) and stored.world.may_see_placement(viewer, place)
    }


def test_the_organisations_are_those_whose_root_is_shown_with_the_people_one_sees(worlds: list[Stored]) -> None:
    for stored in worlds:
        viewer = viewer_of(stored)
        name = name_of(stored, viewer)
        expected = {
            key: len(known_in(stored, name, key))
            for key, department in stored.world.departments.items()
            if department.parent is None and stored.world.may_see_department(name, key)
        }

        roots = directory.list_organisations(viewer)

        found = {next(iter(stored.department_names([root.id]))): people for root, people in roots}
        assert found == expected, f"{name} in world {stored.seed}"


def test_a_department_shows_the_way_to_it_and_what_is_below_it_or_is_not_there(worlds: list[Stored]) -> None:
    shown = hidden = 0
    for stored in worlds:
        viewer = viewer_of(stored)
        name = name_of(stored, viewer)
        for key, row_id in stored.departments.items():
            if not stored.world.may_see_department(name, key):
                hidden += 1
                with pytest.raises(DepartmentNotFound):
                    directory.find_department(viewer, row_id)
                with pytest.raises(DepartmentNotFound):
                    directory.department_people(viewer, row_id)
                continue
            shown += 1

            department, above, below = directory.find_department(viewer, row_id)

            assert department.id == row_id
            assert [step.id for step in above] == [stored.departments[each] for each in line(stored, key)[:-1]]
            expected = {
                child: len(known_in(stored, name, child))
                for child, own in stored.world.departments.items()
                if own.parent == key and stored.world.may_see_department(name, child)
            }
            found = {next(iter(stored.department_names([child.id]))): people for child, people in below}
            assert found == expected, f"{key} for {name} in world {stored.seed}"
    assert shown > 50
    assert hidden > 50


def test_the_people_of_a_department_are_those_whose_place_there_one_knows(worlds: list[Stored]) -> None:
    for stored in worlds:
        viewer = viewer_of(stored)
        name = name_of(stored, viewer)
        for key, row_id in stored.departments.items():
            if not stored.world.may_see_department(name, key):
                continue

            places = list(directory.department_people(viewer, row_id))

            expected = {
                stored.users[place.person].id
                for place in stored.world.placements
                if place.department == key and stored.world.may_see_placement(name, place)
            }
            assert {place.user_id for place in places} == expected
            assert [place.is_leader for place in places] == sorted((place.is_leader for place in places), reverse=True)


def test_a_card_has_the_places_that_one_knows_of_and_there_is_none_of_somebody_unseen(worlds: list[Stored]) -> None:
    for stored in worlds:
        viewer = viewer_of(stored)
        name = name_of(stored, viewer)
        for other, user in stored.users.items():
            if not stored.world.may_see(name, other):
                with pytest.raises(UserNotFound):
                    directory.person_card(viewer, user.id)
                continue

            person, places = directory.person_card(viewer, user.id)

            assert person.id == user.id
            known = set(visible_placements(viewer).filter(user_id=user.id).values_list("id", flat=True))
            assert {place.id for place, _way in places} == known
            for place, way in places:
                key = next(iter(stored.department_names([place.department_id])))
                assert len(way) == len(line(stored, key))
                assert way[-1] == place.department.name


def test_queries_stay_within_five(worlds: list[Stored], django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    stored = next(each for each in worlds if directory.list_organisations(viewer_of(each)))
    viewer = viewer_of(stored)
    root, _people = directory.list_organisations(viewer)[0]

    with django_assert_max_num_queries(5):
        directory.list_organisations(viewer)
    with django_assert_max_num_queries(5):
        directory.find_department(viewer, root.id)
    with django_assert_max_num_queries(5):
        list(directory.department_people(viewer, root.id))
    with django_assert_max_num_queries(5):
        directory.person_card(viewer, viewer.id)


def test_what_does_not_exist_is_not_found(worlds: list[Stored]) -> None:
    viewer = viewer_of(worlds[0])

    with pytest.raises(DepartmentNotFound):
        directory.find_department(viewer, new_id())
    with pytest.raises(UserNotFound):
        directory.person_card(viewer, new_id())
