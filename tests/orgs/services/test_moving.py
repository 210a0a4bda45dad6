"""A department moves with all that is below it, its people and its grants, or not at all."""

import pytest

from apps.access.errors import NotPermitted
from apps.access.models import Grant
from apps.access.roles import DEPARTMENT_ADMIN, ORGANISATION_ADMIN
from apps.access.scopes import MAX_DEPTH
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import Stale
from apps.orgs import services
from apps.orgs.errors import (
    CodeTaken,
    DepartmentNotFound,
    DepartmentsFull,
    MoveBelowItself,
    NameTaken,
    OrganisationClosed,
    RootStays,
    TreeTooDeep,
)
from apps.orgs.models import Department, Organisation
from apps.orgs.services import trees
from apps.tenants.models import Tenant
from tests.orgs.conftest import NOW, Give, Grow, drawn, fresh, root_of


@pytest.fixture
def other(boss: User) -> Organisation:
    """A second organisation of the tenant."""
    return services.create_organisation(boss, name="深蓝", now=NOW)


def move(actor: User, department: Department, parent: Department, before: Department | None = None) -> Department:
    return services.move_department(
        actor,
        department_id=department.pk,
        parent_id=parent.pk,
        before_id=before.pk if before else None,
        version=fresh(department).version,
        now=NOW,
    )


def test_a_subtree_moves_as_it_is(boss: User, company: Organisation, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    grow(grow(first, "A1"), "A11")

    moved = move(boss, first, second)

    assert drawn(company) == ["蓝海科技", "-B", "--A", "---A1", "----A11"]
    assert (moved.version, moved.parent_id) == (2, second.pk)
    paths = {row.name: row.path for row in Department.objects.for_tenant(root.tenant_id)}
    assert paths["A"] == moved.path == f"{second.path}/d:{first.pk.hex}"
    assert paths["A11"].startswith(paths["A1"] + "/d:")
    assert paths["A1"].startswith(paths["A"] + "/d:")


def test_children_change_their_order(boss: User, company: Organisation, root: Department, grow: Grow) -> None:
    first, second, third = (grow(root, name) for name in "ABC")

    move(boss, third, root, before=first)
    move(boss, first, root, before=first)
    move(boss, second, root)

    assert drawn(company) == ["蓝海科技", "-C", "-A", "-B"]
    assert fresh(second).path == second.path


def test_people_and_grants_go_along(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, give: Give
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    below = grow(first, "A1")
    placement = services.place_person(boss, user_id=alice.id, department_id=below.pk, now=NOW)
    grant, elsewhere = give(bob, DEPARTMENT_ADMIN, below.scope), give(bob, DEPARTMENT_ADMIN, second.scope)

    move(boss, first, second)

    placement.refresh_from_db()
    assert placement.department_id == below.pk
    stored = Grant.objects.for_tenant(bob.tenant_id).in_bulk()
    assert stored[grant.pk].scope == fresh(below).path != below.path
    assert stored[elsewhere.pk].scope == second.path


def test_a_department_moves_to_another_organisation(
    boss: User, company: Organisation, other: Organisation, root: Department, grow: Grow
) -> None:
    first = grow(root, "A")
    grow(first, "A1", code="A1")
    target = root_of(other)

    move(boss, first, target)

    assert drawn(company) == ["蓝海科技"]
    assert drawn(other) == ["深蓝", "-A", "--A1"]
    assert fresh(first).tree_id == target.tree_id
    assert (fresh(root).lft, fresh(root).rght) == (1, 2)


def test_a_code_that_is_taken_there_keeps_it_where_it_is(
    boss: User, company: Organisation, other: Organisation, root: Department, grow: Grow
) -> None:
    first = grow(root, "A", code="X")
    grow(root_of(other), "B", code="X")

    with pytest.raises(CodeTaken):
        move(boss, first, root_of(other))

    assert drawn(company) == ["蓝海科技", "-A"]


def test_a_name_that_is_taken_there_keeps_it_where_it_is(boss: User, root: Department, grow: Grow) -> None:
    first = grow(root, "A")
    inner = grow(first, "B")
    grow(root, "B")

    with pytest.raises(NameTaken, match="B"):
        move(boss, inner, root)

    assert fresh(inner).parent_id == first.pk


def test_nothing_moves_below_itself(boss: User, company: Organisation, root: Department, grow: Grow) -> None:
    first = grow(root, "A")
    inner = grow(grow(first, "A1"), "A11")
    before = drawn(company)

    for target in (first, inner):
        with pytest.raises(MoveBelowItself):
            move(boss, first, target)

    assert drawn(company) == before


def test_the_root_stays(boss: User, root: Department, other: Organisation) -> None:
    with pytest.raises(RootStays):
        move(boss, root, root_of(other))


def test_a_whole_subtree_keeps_to_the_depth(boss: User, root: Department, grow: Grow) -> None:
    deep = root
    for level in range(1, MAX_DEPTH):
        deep = grow(deep, f"level {level}")
    tall = grow(root, "A")
    grow(tall, "A1")

    with pytest.raises(TreeTooDeep, match=str(MAX_DEPTH + 1)):
        move(boss, tall, deep)

    assert fresh(tall).parent_id == root.pk


def test_a_full_department_takes_no_more_but_orders_what_it_has(
    boss: User, root: Department, grow: Grow, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    inner = grow(first, "A1")
    monkeypatch.setattr(trees, "MAX_CHILDREN", 2)

    with pytest.raises(DepartmentsFull):
        move(boss, inner, root)

    assert move(boss, second, root, before=first).lft == 2


def test_a_closed_organisation_takes_none(boss: User, root: Department, other: Organisation, grow: Grow) -> None:
    first = grow(root, "A")
    services.close_organisation(boss, organisation_id=other.pk, version=1, now=NOW)

    with pytest.raises(OrganisationClosed):
        move(boss, first, root_of(other))


def test_a_stale_move_is_refused(boss: User, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")

    with pytest.raises(Stale):
        services.move_department(boss, department_id=first.pk, parent_id=second.pk, version=7, now=NOW)


def test_it_needs_the_power_on_both_sides(alice: User, root: Department, grow: Grow, give: Give) -> None:
    own, foreign = grow(root, "A"), grow(root, "B")
    inner, deeper = grow(own, "A1"), grow(own, "A2")
    give(alice, DEPARTMENT_ADMIN, own.scope)

    assert move(alice, inner, deeper).parent_id == deeper.pk
    with pytest.raises(DepartmentNotFound):
        move(alice, inner, foreign)
    with pytest.raises(DepartmentNotFound):
        move(alice, foreign, own)


def test_the_admin_of_a_department_does_not_move_it_away(alice: User, root: Department, grow: Grow, give: Give) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    for department in (first, second):
        give(alice, DEPARTMENT_ADMIN, department.scope)

    with pytest.raises(NotPermitted):
        move(alice, first, second)


def test_tenants_do_not_mix(boss: User, eve: User, other_tenant: Tenant, root: Department, grow: Grow) -> None:
    User.objects.for_tenant(boss.tenant_id).filter(pk=boss.pk).update(is_superuser=True)
    boss.refresh_from_db()
    theirs = services.create_organisation(boss, name="Theirs", now=NOW, tenant_id=other_tenant.id)

    with pytest.raises(DepartmentNotFound):
        move(boss, grow(root, "A"), root_of(theirs))


def test_a_move_is_told_with_both_places(
    boss: User, alice: User, company: Organisation, root: Department, grow: Grow, give: Give
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    give(alice, ORGANISATION_ADMIN, root.scope)
    give(alice, ORGANISATION_ADMIN, first.scope)

    move(alice, first, second)

    entry = Entry.objects.for_tenant(root.tenant_id).get(action="orgs.department.moved")
    assert entry.actor_login == alice.login
    assert (entry.before["path"], entry.after["path"]) == (first.path, fresh(first).path)
    assert (entry.scope, entry.after["grants"]) == (fresh(first).path, 1)
