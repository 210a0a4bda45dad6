"""An id names a row; the powers at its scope say whether it is there, and whether it may be had."""

from uuid import uuid4

import pytest

from apps.access.errors import NotPermitted
from apps.access.policies import ALL, NONE, Powers, held
from apps.access.scopes import tenant_scope
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.orgs import services
from apps.orgs.errors import DepartmentNotFound, OrganisationNotFound, PlacementNotFound
from apps.orgs.models import Department, Organisation
from apps.orgs.selectors.lookup import (
    get_department,
    get_organisation,
    get_person,
    get_placement,
    person_scopes,
)
from apps.orgs.units import (
    DEPARTMENT_CHANGE,
    DEPARTMENT_VIEW,
    ORGANISATION_CHANGE,
    ORGANISATION_VIEW,
    PEOPLE_CHANGE,
    PEOPLE_VIEW,
)
from tests.orgs.conftest import NOW, Grow


def test_an_organisation_is_had_seen_or_not_there(company: Organisation, root: Department) -> None:
    seeing = Powers((held([ORGANISATION_VIEW], root.scope),))

    assert get_organisation(ALL, ORGANISATION_CHANGE, company.id) == company
    with pytest.raises(NotPermitted):
        get_organisation(seeing, ORGANISATION_CHANGE, company.id)
    for powers, organisation_id in ((NONE, company.id), (ALL, uuid4())):
        with pytest.raises(OrganisationNotFound):
            get_organisation(powers, ORGANISATION_CHANGE, organisation_id)


def test_a_department_is_had_seen_or_not_there(root: Department) -> None:
    seeing = Powers((held([DEPARTMENT_VIEW], root.scope),))

    assert get_department(ALL, DEPARTMENT_CHANGE, root.pk) == root
    with pytest.raises(NotPermitted):
        get_department(seeing, DEPARTMENT_CHANGE, root.pk)
    for powers, department_id in ((NONE, root.pk), (ALL, uuid4())):
        with pytest.raises(DepartmentNotFound):
            get_department(powers, DEPARTMENT_CHANGE, department_id)


def test_a_placement_is_had_seen_or_not_there(boss: User, alice: User, root: Department) -> None:
    placement = services.place_person(boss, user_id=alice.id, department_id=root.pk, now=NOW)
    seeing = Powers((held([PEOPLE_VIEW], root.scope),))

    assert get_placement(ALL, PEOPLE_CHANGE, placement.pk) == placement
    with pytest.raises(NotPermitted):
        get_placement(seeing, PEOPLE_CHANGE, placement.pk)
    for powers, placement_id in ((NONE, placement.pk), (ALL, uuid4())):
        with pytest.raises(PlacementNotFound):
            get_placement(powers, PEOPLE_CHANGE, placement_id)


def test_a_person_is_where_her_places_are(boss: User, alice: User, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    assert person_scopes(alice) == (tenant_scope(alice.tenant_id),)

    for department in (second, first):
        services.place_person(boss, user_id=alice.id, department_id=department.pk, now=NOW)

    assert person_scopes(alice) == tuple(sorted([first.scope, second.scope]))


def test_one_place_is_enough_unless_all_are_asked_for(boss: User, alice: User, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    for department in (first, second):
        services.place_person(boss, user_id=alice.id, department_id=department.pk, now=NOW)
    here = Powers((held([PEOPLE_CHANGE], first.scope),))
    seeing = Powers((held([PEOPLE_VIEW], first.scope),))

    assert get_person(here, PEOPLE_CHANGE, alice.id) == alice
    assert get_person(ALL, PEOPLE_CHANGE, alice.id, everywhere=True) == alice
    with pytest.raises(NotPermitted):
        get_person(here, PEOPLE_CHANGE, alice.id, everywhere=True)
    with pytest.raises(NotPermitted):
        get_person(seeing, PEOPLE_CHANGE, alice.id)
    for powers, user_id in ((NONE, alice.id), (here, boss.id), (ALL, uuid4())):
        with pytest.raises(UserNotFound):
            get_person(powers, PEOPLE_CHANGE, user_id)
