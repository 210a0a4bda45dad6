"""Departments are made where they may be, keep their place in order, and go when they are empty."""

import pytest

from apps.access.errors import NotPermitted
from apps.access.models import Grant
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN
from apps.access.scopes import MAX_DEPTH
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.orgs import services
from apps.orgs.errors import (
    CodeTaken,
    DepartmentNotEmpty,
    DepartmentNotFound,
    DepartmentsFull,
    NameTaken,
    RootStays,
    TreeTooDeep,
)
from apps.orgs.models import Department, Organisation
from apps.orgs.services import trees
from tests.orgs.conftest import NOW, Give, Grow, drawn, fresh


def test_a_department_comes_last_unless_told_otherwise(company: Organisation, root: Department, grow: Grow) -> None:
    second = grow(root, "二部")
    grow(root, "三部")
    grow(second, "二部一组")
    grow(root, "一部", before_id=second.pk)

    assert drawn(company) == ["蓝海科技", "-一部", "-二部", "--二部一组", "-三部"]


def test_its_path_tells_where_it_is(root: Department, grow: Grow) -> None:
    child = grow(root, "A")
    grandchild = grow(child, "B", code="B1", is_hidden=True)

    assert grandchild.path == f"{root.path}/d:{child.pk.hex}/d:{grandchild.pk.hex}"
    assert (grandchild.code, grandchild.is_hidden, grandchild.version) == ("B1", True, 1)


def test_names_in_every_script_are_names(company: Organisation, root: Department, grow: Grow) -> None:
    names = ["研发部", "Отдел кадров", "قسم المبيعات", "営業部", "영업팀", "แผนกขาย", "👩‍💻", "R&D <b>"]

    for name in names:
        grow(root, name)

    assert drawn(company) == ["蓝海科技", *(f"-{name}" for name in names)]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, "a\u202eb"])
def test_a_bad_name_is_refused(root: Department, grow: Grow, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        grow(root, name)


def test_names_are_taken_once_below_one_department(root: Department, grow: Grow) -> None:
    child = grow(root, "A", code="A1")

    assert grow(child, "A").level == 2
    with pytest.raises(NameTaken, match="A"):
        grow(root, "A")
    with pytest.raises(CodeTaken, match="A1"):
        grow(child, "B", code="A1")


def test_a_tree_has_so_many_levels(root: Department, grow: Grow) -> None:
    parent = root
    for level in range(1, MAX_DEPTH + 1):
        parent = grow(parent, f"level {level}")

    assert parent.scope.depth == MAX_DEPTH
    with pytest.raises(TreeTooDeep, match=str(MAX_DEPTH)):
        grow(parent, "one too many")


def test_a_department_has_room_for_so_many(root: Department, grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_CHILDREN", 1)
    grow(root, "A")

    with pytest.raises(DepartmentsFull, match="蓝海科技"):
        grow(root, "B")


def test_what_it_should_come_before_has_to_be_beside_it(root: Department, grow: Grow) -> None:
    cousin = grow(grow(root, "A"), "A1")

    with pytest.raises(DepartmentNotFound):
        grow(root, "B", before_id=cousin.pk)


def test_an_admin_of_a_department_makes_some_below_it_only(
    alice: User, root: Department, grow: Grow, give: Give
) -> None:
    own, other = grow(root, "A"), grow(root, "B")
    give(alice, DEPARTMENT_ADMIN, own.scope)

    made = services.create_department(alice, parent_id=own.pk, name="A1", now=NOW)

    assert made.parent_id == own.pk
    for parent in (root, other):
        with pytest.raises(DepartmentNotFound):
            services.create_department(alice, parent_id=parent.pk, name="X", now=NOW)


def test_who_only_sees_is_told_that_she_may_not(alice: User, root: Department, give: Give) -> None:
    give(alice, AUDITOR, root.scope)

    with pytest.raises(NotPermitted, match=r"orgs\.department\.change"):
        services.create_department(alice, parent_id=root.pk, name="X", now=NOW)


def test_a_change_is_stored_and_told(boss: User, root: Department, grow: Grow) -> None:
    child = grow(root, "A")

    changed = services.change_department(
        boss, department_id=child.pk, version=1, name="B", code="B1", is_hidden=True, now=NOW
    )

    stored = fresh(child)
    assert (stored.name, stored.code, stored.is_hidden, stored.version) == ("B", "B1", True, 2)
    assert changed.version == 2
    entry = Entry.objects.for_tenant(root.tenant_id).get(action="orgs.department.changed")
    assert entry.before == {"name": "A", "code": "", "is_hidden": False}
    assert (entry.actor_login, entry.scope, entry.target_label) == ("boss@acme", child.path, "B")


def test_a_stale_change_is_refused(boss: User, root: Department, grow: Grow) -> None:
    child = grow(root, "A")
    services.change_department(boss, department_id=child.pk, version=1, name="B", now=NOW)

    with pytest.raises(Stale, match="version 2"):
        services.change_department(boss, department_id=child.pk, version=1, name="C", now=NOW)

    assert fresh(child).name == "B"


def test_a_change_to_a_taken_name_is_refused(boss: User, root: Department, grow: Grow) -> None:
    grow(root, "A", code="A1")
    other = grow(root, "B")

    with pytest.raises(NameTaken):
        services.change_department(boss, department_id=other.pk, version=1, name="A", now=NOW)
    with pytest.raises(CodeTaken):
        services.change_department(boss, department_id=other.pk, version=1, code="A1", now=NOW)


def test_the_root_has_the_name_of_its_organisation(boss: User, root: Department) -> None:
    with pytest.raises(RootStays):
        services.change_department(boss, department_id=root.pk, version=1, name="X", now=NOW)
    with pytest.raises(RootStays):
        services.change_department(boss, department_id=root.pk, version=1, is_hidden=True, now=NOW)

    assert services.change_department(boss, department_id=root.pk, version=1, code="HQ", now=NOW).code == "HQ"


def test_an_empty_department_goes_with_its_grants(
    boss: User, alice: User, company: Organisation, root: Department, grow: Grow, give: Give
) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    give(alice, DEPARTMENT_ADMIN, first.scope)

    services.delete_department(boss, department_id=first.pk, version=1, now=NOW)

    assert drawn(company) == ["蓝海科技", "-B"]
    assert (fresh(second).lft, fresh(root).rght) == (2, 4)
    assert not Grant.objects.for_tenant(alice.tenant_id).filter(user_id=alice.id).exists()
    entry = Entry.objects.for_tenant(root.tenant_id).get(action="orgs.department.deleted")
    assert entry.before == {"name": "A", "grants": 1}


def test_a_department_with_something_in_it_stays(boss: User, alice: User, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    grow(first, "A1")
    services.place_person(boss, user_id=alice.id, department_id=second.pk, now=NOW)

    for department in (first, second):
        with pytest.raises(DepartmentNotEmpty):
            services.delete_department(boss, department_id=department.pk, version=1, now=NOW)


def test_nobody_deletes_the_root_or_what_she_only_stands_in(
    boss: User, alice: User, root: Department, grow: Grow, give: Give
) -> None:
    own = grow(root, "A")
    give(alice, DEPARTMENT_ADMIN, own.scope)

    with pytest.raises(RootStays):
        services.delete_department(boss, department_id=root.pk, version=1, now=NOW)
    with pytest.raises(NotPermitted):
        services.delete_department(alice, department_id=own.pk, version=1, now=NOW)
