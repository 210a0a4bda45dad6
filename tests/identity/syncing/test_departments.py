"""Planning departments: who gives way, who is left alone, and what is found."""

from uuid import UUID

from apps.identity.syncing.departments import Structure, plan_departments
from apps.identity.syncing.states import Present, PresentDepartment, Rules, Wanted, WantedDepartment
from apps.identity.syncing.steps import (
    AdoptDepartment,
    CreateDepartment,
    DeleteDepartment,
    Finding,
    MoveDepartment,
    RenameDepartment,
)
from tests.identity.syncing.model import ROOT, uid


def plan(
    wanted: list[WantedDepartment],
    *present: PresentDepartment,
    adopts: bool = False,
    unusable: frozenset[str] = frozenset(),
) -> Structure:
    return plan_departments(Wanted(tuple(wanted), unusable=unusable), Present(ROOT, present), Rules(adopts=adopts))


def there(number: int, name: str, key: str | None = None, parent: UUID = ROOT, **fields: bool) -> PresentDepartment:
    return PresentDepartment(uid(number), parent, name, key, **fields)


def test_parents_come_before_what_is_below_them() -> None:
    structure = plan([WantedDepartment("b", "a", "前端组"), WantedDepartment("a", None, "研发部")])

    assert structure.steps == (CreateDepartment("a", ROOT, "研发部"), CreateDepartment("b", "a", "前端组"))


def test_a_local_department_of_the_same_name_is_left_alone_with_all_that_would_come_below() -> None:
    wanted = [WantedDepartment("a", None, "研发部"), WantedDepartment("b", "a", "前端组")]

    structure = plan(wanted, there(1, "研发部"))

    assert structure.steps == ()
    assert structure.findings == (Finding("name_taken", "研发部"), Finding("parent_left_out", "前端组"))


def test_a_local_department_of_the_same_name_is_adopted_where_that_is_wanted() -> None:
    wanted = [WantedDepartment("a", None, "研发部"), WantedDepartment("b", "a", "前端组")]

    structure = plan(wanted, there(1, "研发部"), adopts=True)

    assert structure.steps == (AdoptDepartment("a", uid(1), "研发部"), CreateDepartment("b", uid(1), "前端组"))


def test_nothing_is_adopted_for_a_department_that_is_there_already() -> None:
    structure = plan([WantedDepartment("a", None, "研发部")], there(1, "研发部"), there(2, "旧名", "a"), adopts=True)

    assert structure.steps == ()
    assert structure.findings == (Finding("name_taken", "研发部"),)
    assert structure.places == {"a": uid(2)}


def test_a_vanishing_department_makes_room_for_one_of_its_name() -> None:
    structure = plan([WantedDepartment("new", None, "研发部")], there(1, "研发部", "old"))

    park, create = structure.steps
    assert isinstance(park, RenameDepartment)
    assert park.is_parking
    assert create == CreateDepartment("new", ROOT, "研发部")
    assert structure.deletions == (DeleteDepartment(uid(1), "研发部"),)


def test_it_moves_over_a_passing_name_where_both_places_have_one_of_that_name() -> None:
    present = [
        there(1, "甲", "a"),
        there(2, "组", "b", parent=uid(1)),
        there(3, "组", "c"),
        there(4, "新", parent=uid(1)),
    ]
    wanted = [WantedDepartment("a", None, "甲"), WantedDepartment("c", None, "组"), WantedDepartment("b", None, "新")]

    structure = plan(wanted, *present)

    kinds = [type(step) for step in structure.steps]
    assert kinds == [RenameDepartment, MoveDepartment, RenameDepartment]


def test_a_department_with_local_people_or_departments_is_not_deleted() -> None:
    structure = plan([], there(1, "甲", "a", has_locals=True), there(2, "乙", "b"), there(3, "本地", parent=uid(2)))

    assert structure.deletions == ()
    assert {finding.code for finding in structure.findings} == {"not_empty"}


def test_deepest_departments_are_deleted_first() -> None:
    structure = plan([], there(1, "甲", "a"), there(2, "乙", "b", parent=uid(1)))

    assert [step.department for step in structure.deletions] == [uid(2), uid(1)]


def test_two_of_one_name_below_one_parent_keep_apart() -> None:
    structure = plan([WantedDepartment("a", None, "甲"), WantedDepartment("b", None, "甲")])

    assert structure.steps == (CreateDepartment("a", ROOT, "甲"),)
    assert structure.findings == (Finding("name_twice", "甲"),)


def test_what_hangs_on_itself_or_on_nothing_and_a_key_told_twice_are_found() -> None:
    wanted = [
        WantedDepartment("a", "b", "甲"),
        WantedDepartment("b", "a", "乙"),
        WantedDepartment("c", "gone", "丙"),
        WantedDepartment("d", None, "丁"),
        WantedDepartment("d", None, "戊"),
    ]

    structure = plan(wanted)

    assert {(each.code, each.subject) for each in structure.findings} == {
        ("no_parent", "甲"),
        ("no_parent", "乙"),
        ("no_parent", "丙"),
        ("key_twice", "戊"),
    }


def test_nothing_goes_below_itself_when_a_local_department_is_in_the_way() -> None:
    present = [there(1, "甲"), there(3, "底", "b"), there(2, "旧", "a", parent=uid(3))]
    wanted = [WantedDepartment("a", None, "甲"), WantedDepartment("b", "a", "底")]

    structure = plan(wanted, *present)

    assert [finding.code for finding in structure.findings] == ["name_taken", "below_itself"]
    assert structure.steps == ()


def test_a_department_whose_entry_lacks_something_stays() -> None:
    structure = plan([], there(1, "甲", "a"), unusable=frozenset({"a"}))

    assert structure.deletions == ()
