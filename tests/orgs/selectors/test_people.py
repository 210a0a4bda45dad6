"""People are found by name as far as somebody sees them, or as far as an administrator's powers reach."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.access.errors import NotPermitted
from apps.access.policies import ALL, Powers, held
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.orgs import services
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.models import Department
from apps.orgs.selectors.people import department_people, find_people, search_people
from apps.orgs.units import DEPARTMENT_VIEW, PEOPLE_VIEW
from tests.orgs.conftest import NOW, Grow


def test_people_find_whom_they_see(
    boss: User, alice: User, carol: User, eve: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(3):
        assert set(search_people(alice, text="kal")) == {carol}
    assert set(search_people(alice, text="")) == {alice, boss, carol}
    assert set(search_people(alice, text="eve")) == set(search_people(alice, text="%")) == set()


def test_an_administrator_finds_people_within_her_powers(
    boss: User,
    alice: User,
    bob: User,
    carol: User,
    eve: User,
    root: Department,
    grow: Grow,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    services.place_person(boss, user_id=alice.id, department_id=first.pk, now=NOW)
    services.place_person(boss, user_id=bob.id, department_id=second.pk, now=NOW)
    deactivate_user(alice)

    with django_assert_num_queries(1):
        assert set(find_people(Powers((held([PEOPLE_VIEW], first.scope),)), text="")) == {alice}
    assert set(find_people(Powers((held([PEOPLE_VIEW], root.scope),)), text="b")) == {bob}
    whole = Powers((held([PEOPLE_VIEW], tenant_scope(root.tenant_id)),))
    assert set(find_people(whole, text="")) == {boss, alice, bob, carol}
    assert set(find_people(ALL, text="eve")) == {eve}
    assert set(find_people(Powers((held([DEPARTMENT_VIEW], root.scope),)), text="")) == set()


def test_a_departments_people_come_leaders_first(
    boss: User,
    alice: User,
    bob: User,
    carol: User,
    root: Department,
    grow: Grow,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    services.place_person(boss, user_id=alice.id, department_id=root.pk, sort=2, now=NOW)
    services.place_person(boss, user_id=bob.id, department_id=root.pk, sort=1, now=NOW)
    services.place_person(boss, user_id=carol.id, department_id=root.pk, sort=9, is_leader=True, now=NOW)
    services.place_person(boss, user_id=boss.id, department_id=grow(root, "A").pk, now=NOW)
    powers = Powers((held([PEOPLE_VIEW], root.scope),))

    with django_assert_num_queries(2):
        assert [place.user.username for place in department_people(powers, root.pk)] == ["carol", "bob", "alice"]


def test_a_department_outside_ones_powers_is_not_there(root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")

    with pytest.raises(DepartmentNotFound):
        department_people(Powers((held([PEOPLE_VIEW], first.scope),)), second.pk)
    with pytest.raises(NotPermitted):
        department_people(Powers((held([DEPARTMENT_VIEW], root.scope),)), second.pk)
