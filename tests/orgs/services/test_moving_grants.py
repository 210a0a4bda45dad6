"""Departments move and go while powers over them are granted and revoked: no grant is ever left where nothing is."""

import pytest

from apps.access.errors import ForeignScope, NotPermitted, ScopeNotFound
from apps.access.models import Grant
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN
from apps.access.scopes import organisation_scope
from apps.access.selectors import powers_of
from apps.access.services import grant_role
from apps.access.units import GRANTS_CHANGE
from apps.accounts.models import User
from apps.audit.selectors import verify_chain
from apps.common.ids import new_id
from apps.orgs import services
from apps.orgs.models import Department
from tests.messaging.racing import race
from tests.orgs.conftest import NOW, Give, Grow, fresh


def places_of(user: User) -> list[str]:
    return list(Grant.objects.for_tenant(user.tenant_id).filter(user_id=user.id).values_list("scope", flat=True))


def test_powers_are_granted_where_something_is(boss: User, alice: User, root: Department, grow: Grow) -> None:
    lab = grow(root, "实验室")

    grant_role(boss, user=alice, role=DEPARTMENT_ADMIN, scope=lab.scope, now=NOW)

    assert powers_of(alice, now=NOW).may(GRANTS_CHANGE, lab.scope)
    nowhere = (
        lab.scope.department(new_id()),
        root.scope.department(new_id()),
        organisation_scope(boss.tenant_id, new_id()),
    )
    for scope in nowhere:
        with pytest.raises(ScopeNotFound):
            grant_role(boss, user=alice, role=AUDITOR, scope=scope, now=NOW)


def test_the_path_of_a_department_that_moved_is_no_place_any_more(
    boss: User, alice: User, root: Department, grow: Grow
) -> None:
    lab, house = grow(root, "实验室"), grow(root, "大楼")
    old = lab.scope
    services.move_department(boss, department_id=lab.pk, parent_id=house.pk, version=fresh(lab).version, now=NOW)

    with pytest.raises(ScopeNotFound):
        grant_role(boss, user=alice, role=AUDITOR, scope=old, now=NOW)


def test_powers_move_out_of_reach_with_the_department(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, give: Give
) -> None:
    east, west = grow(root, "东区"), grow(root, "西区")
    lab = grow(east, "实验室")
    give(alice, DEPARTMENT_ADMIN, east.scope)
    grant_role(alice, user=bob, role=AUDITOR, scope=lab.scope, now=NOW)

    services.move_department(boss, department_id=lab.pk, parent_id=west.pk, version=fresh(lab).version, now=NOW)

    assert places_of(bob) == [fresh(lab).path]
    with pytest.raises(NotPermitted):
        grant_role(alice, user=bob, role=DEPARTMENT_ADMIN, scope=fresh(lab).scope, now=NOW)


def test_people_of_another_tenant_are_given_nothing_here(boss: User, eve: User, root: Department) -> None:
    with pytest.raises(ForeignScope):
        grant_role(boss, user=eve, role=AUDITOR, scope=root.scope, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_grants_made_while_subtrees_move_and_vanish_are_where_their_departments_are(
    boss: User, alice: User, root: Department, grow: Grow
) -> None:
    east, west = grow(root, "东区"), grow(root, "西区")
    labs = [grow(east, f"实验室{number}") for number in range(4)]
    doomed = grow(east, "临时")
    moves = [
        lambda lab=lab: services.move_department(
            boss, department_id=lab.pk, parent_id=west.pk, version=lab.version, now=NOW
        )
        for lab in labs
    ]
    gifts = [
        lambda scope=each.scope: grant_role(boss, user=alice, role=AUDITOR, scope=scope, now=NOW)
        for each in [*labs, doomed]
    ]
    end = lambda: services.delete_department(boss, department_id=doomed.pk, version=doomed.version, now=NOW)  # noqa: E731

    results = race(*moves, *gifts, end)

    given = [result for result in results[4:9] if isinstance(result, Grant)]
    refused = [result for result in results[4:9] if isinstance(result, ScopeNotFound)]
    there = set(Department.objects.for_tenant(boss.tenant_id).values_list("path", flat=True))
    assert len(given) + len(refused) == 5
    assert set(places_of(alice)) <= there
    assert len(places_of(alice)) in {len(given), len(given) - 1}, "what was granted on what was then deleted is gone"
    assert isinstance(verify_chain(boss.tenant_id), tuple)
