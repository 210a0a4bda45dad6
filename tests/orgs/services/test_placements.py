"""People have places, one of them primary, and only who reaches a person places her."""

from typing import Any

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.orgs import services
from apps.orgs.errors import AlreadyPlaced, DepartmentNotFound, PlacementNotFound, PlacementsFull
from apps.orgs.models import Department, Placement
from apps.orgs.services import PlacementChange, placements
from apps.tenants.models import Tenant
from tests.orgs.conftest import NOW, Give, Grow, root_of


def place(actor: User, user: User, department: Department, **fields: Any) -> Placement:
    return services.place_person(actor, user_id=user.id, department_id=department.pk, now=NOW, **fields)


def primary_of(user: User) -> list[Department]:
    rows = Placement.objects.for_tenant(user.tenant_id).filter(user=user, is_primary=True)
    return [row.department for row in rows.select_related("department")]


def test_the_first_place_is_the_primary_one(boss: User, alice: User, root: Department, grow: Grow) -> None:
    first = place(boss, alice, root, title=" 工程师 ", is_leader=True, sort=3)
    second = place(boss, alice, grow(root, "A"))

    assert (first.title, first.is_leader, first.sort, first.is_primary) == ("工程师", True, 3, True)
    assert not second.is_primary
    assert primary_of(alice) == [root]


def test_another_place_becomes_primary_where_asked(boss: User, alice: User, root: Department, grow: Grow) -> None:
    child, other = grow(root, "A"), grow(root, "B")
    place(boss, alice, root)

    place(boss, alice, child, is_primary=True)
    assert primary_of(alice) == [child]
    third = place(boss, alice, other)
    services.change_placement(boss, placement_id=third.pk, version=1, change=PlacementChange(is_primary=True), now=NOW)

    assert primary_of(alice) == [other]


def test_nobody_has_two_places_in_one_department(boss: User, alice: User, root: Department) -> None:
    place(boss, alice, root)

    with pytest.raises(AlreadyPlaced, match="alice@acme"):
        place(boss, alice, root)


def test_a_person_has_so_many_places(
    boss: User, alice: User, root: Department, grow: Grow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placements, "MAX_PLACEMENTS", 1)
    place(boss, alice, root)

    with pytest.raises(PlacementsFull):
        place(boss, alice, grow(root, "A"))


def test_a_bad_title_is_refused(boss: User, alice: User, root: Department) -> None:
    with pytest.raises(InvalidInput, match="title"):
        place(boss, alice, root, title="a\nb")


def test_people_are_placed_in_their_own_tenant(boss: User, eve: User, alice: User, other_tenant: Tenant) -> None:
    boss.is_superuser = True
    theirs = services.create_organisation(boss, name="Theirs", now=NOW, tenant_id=other_tenant.id)

    with pytest.raises(DepartmentNotFound):
        place(boss, alice, root_of(theirs))
    assert place(boss, eve, root_of(theirs)).tenant_id == other_tenant.id


def test_an_admin_of_a_department_draws_nobody_into_it(
    boss: User, alice: User, bob: User, carol: User, root: Department, grow: Grow, give: Give
) -> None:
    own, inner = grow(root, "A"), None
    inner = grow(own, "A1")
    give(alice, DEPARTMENT_ADMIN, own.scope)
    place(boss, bob, root)

    for stranger in (bob, carol):
        with pytest.raises(UserNotFound):
            place(alice, stranger, own)
    place(boss, carol, own)
    assert place(alice, carol, inner).department_id == inner.pk


def test_a_place_outside_ones_power_is_not_there(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, give: Give
) -> None:
    own, other = grow(root, "A"), grow(root, "B")
    give(alice, DEPARTMENT_ADMIN, own.scope)
    place(boss, bob, own)
    foreign = place(boss, bob, other)

    with pytest.raises(DepartmentNotFound):
        place(alice, bob, root)
    with pytest.raises(PlacementNotFound):
        services.remove_placement(alice, placement_id=foreign.pk, version=1, now=NOW)


def test_who_only_sees_places_nobody(boss: User, alice: User, bob: User, root: Department, give: Give) -> None:
    give(alice, AUDITOR, root.scope)
    seen = place(boss, bob, root)

    with pytest.raises(NotPermitted):
        services.remove_placement(alice, placement_id=seen.pk, version=1, now=NOW)


def test_a_change_is_stored_and_told(boss: User, alice: User, root: Department) -> None:
    placement = place(boss, alice, root)
    change = PlacementChange(title="CTO", is_leader=True, sort=-1)

    services.change_placement(boss, placement_id=placement.pk, version=1, change=change, now=NOW)

    placement.refresh_from_db()
    assert (placement.title, placement.is_leader, placement.sort) == ("CTO", True, -1)
    assert (placement.is_primary, placement.version) == (True, 2)
    entry = Entry.objects.for_tenant(root.tenant_id).get(action="orgs.placement.changed")
    assert (entry.before["title"], entry.after["title"]) == ("", "CTO")
    assert entry.scope == root.path


def test_a_stale_change_is_refused(boss: User, alice: User, root: Department) -> None:
    placement = place(boss, alice, root)

    with pytest.raises(Stale):
        services.change_placement(
            boss, placement_id=placement.pk, version=2, change=PlacementChange(title="X"), now=NOW
        )
    with pytest.raises(Stale):
        services.remove_placement(boss, placement_id=placement.pk, version=2, now=NOW)


def test_the_oldest_of_the_others_becomes_primary(boss: User, alice: User, root: Department, grow: Grow) -> None:
    child, other = grow(root, "A"), grow(root, "B")
    first = place(boss, alice, root)
    place(boss, alice, child)
    last = place(boss, alice, other)

    place(boss, alice, grow(root, "C"))

    services.remove_placement(boss, placement_id=last.pk, version=1, now=NOW)
    assert primary_of(alice) == [root]
    services.remove_placement(boss, placement_id=first.pk, version=1, now=NOW)

    assert primary_of(alice) == [child]
    assert Entry.objects.for_tenant(root.tenant_id).filter(action="orgs.placement.removed").count() == 2


def test_a_placement_that_just_went_is_not_there(boss: User, alice: User, root: Department) -> None:
    placement = place(boss, alice, root)
    services.remove_placement(boss, placement_id=placement.pk, version=1, now=NOW)

    with pytest.raises(PlacementNotFound):
        services.remove_placement(boss, placement_id=placement.pk, version=1, now=NOW)
