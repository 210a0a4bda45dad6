"""What a list of departments does to a tree."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orgs.exchange import departments
from apps.orgs.exchange.departments import MAX_DEPTH, plan_departments
from apps.orgs.exchange.rows import DepartmentRow
from apps.orgs.exchange.steps import ChangeDepartment, CreateDepartment, MoveDepartment, Plan, Target
from apps.orgs.exchange.trees import Node, Tree
from tests.orgs.exchange.trees import ROOT_ID, row, tree, uid


def codes(plan: Plan) -> dict[int, str]:
    return {finding.line: finding.code for finding in plan.findings}


def test_new_departments_are_made_below_each_other() -> None:
    plan = plan_departments([row(2, "B", "a"), row(3, "A", "", "a", hidden=True)], tree())

    assert plan.steps == (
        CreateDepartment(3, ROOT_ID, "A", "a", True),
        CreateDepartment(2, 3, "B", "", False),
    )
    assert plan.counts() == {"unchanged": 0, "refused": 0, "CreateDepartment": 2}


def test_a_code_finds_its_department_wherever_it_is() -> None:
    plan = plan_departments([row(2, "Renamed", "/Other", "a", hidden=True)], tree((2, 1, "A", "a"), (3, 1, "Other")))

    assert plan.steps == (
        MoveDepartment(2, uid(2), uid(3)),
        ChangeDepartment(2, uid(2), "Renamed", None, True),
    )


def test_what_is_so_already_stays() -> None:
    plan = plan_departments([row(2, "A", "", "a"), row(3, "B", "/A")], tree((2, 1, "A", "a"), (3, 2, "B")))

    assert (plan.steps, plan.findings, plan.unchanged) == ((), (), 2)


def test_a_department_without_code_gets_the_one_of_its_row() -> None:
    plan = plan_departments([row(2, "A", "", "a")], tree((2, 1, "A")))

    assert plan.steps == (ChangeDepartment(2, uid(2), None, "a", None),)


def test_parent_and_child_may_change_places() -> None:
    plan = plan_departments([row(2, "A", "b", "a"), row(3, "B", "", "b")], tree((2, 1, "A", "a"), (3, 2, "B", "b")))

    assert plan.steps == (MoveDepartment(3, uid(3), ROOT_ID), MoveDepartment(2, uid(2), uid(3)))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(2, "A", "/A/B", "a")], {2: "cycle"}),
        ([row(2, "X", "", "x"), row(3, "Y", "", "x")], {3: "code_repeated"}),
        ([row(2, "X"), row(3, "X")], {3: "row_repeated"}),
        ([row(2, "A", "", "a"), row(3, "A")], {3: "row_repeated"}),
        ([row(2, "A", "", "other")], {2: "name_has_other_code"}),
        ([row(2, "Acme", "", "root")], {2: "is_root"}),
        ([row(2, "C", "", "a")], {2: "name_taken"}),
        ([row(2, "B", "/C", "a")], {2: "name_taken"}),
        ([row(2, "N", "/C/B", "new"), row(3, "M", "a")], {}),
    ],
)
def test_what_a_tree_cannot_be_is_refused_row_by_row(rows: list[DepartmentRow], expected: dict[int, str]) -> None:
    plant = tree((2, 1, "A", "a"), (3, 2, "B"), (4, 1, "C"), (5, 4, "B"))
    plant.set_code(ROOT_ID, "root")

    assert codes(plan_departments(rows, plant)) == expected


def test_the_code_of_a_department_outside_is_not_told() -> None:
    plan = plan_departments([row(2, "A", "", "other")], tree((2, 1, "A", "secret")), may_change=lambda _key: False)

    assert codes(plan) == {2: "outside_scope"}
    assert "secret" not in str(plan.findings)


def test_a_child_of_a_refused_row_is_refused_too() -> None:
    plan = plan_departments([row(2, "A", "", "other"), row(3, "Child", "other")], tree((2, 1, "A", "a")))

    assert codes(plan) == {2: "name_has_other_code", 3: "parent_refused"}
    assert plan.steps == ()


def test_the_depth_is_bounded_for_new_rows_and_for_whole_branches() -> None:
    deep: list[tuple[int, int, str]] = [(number, number - 1, f"d{number}") for number in range(2, MAX_DEPTH + 2)]
    branch: list[tuple[int, int, str, str]] = [(100, 1, "X", "x"), (101, 100, "Y", "y")]
    path = "/" + "/".join(f"d{number}" for number in range(2, MAX_DEPTH + 1))

    fits = plan_departments([row(2, "new", path)], tree(*deep))
    too_deep = plan_departments(
        [row(2, "new", f"{path}/d{MAX_DEPTH + 1}"), row(3, "X", path, "x")], tree(*deep, *branch)
    )

    assert codes(fits) == {}
    assert codes(too_deep) == {2: "too_deep", 3: "too_deep"}


def test_a_tree_a_thousand_deep_is_cut_off_at_the_bound() -> None:
    rows = [row(line, f"n{line}", f"c{line - 1}" if line > 2 else "", f"c{line}") for line in range(2, 1002)]

    plan = plan_departments(rows, tree())

    assert len(plan.steps) == MAX_DEPTH
    assert [finding.code for finding in plan.findings] == ["too_deep"] + ["parent_refused"] * (999 - MAX_DEPTH)


def test_the_number_of_children_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departments, "MAX_CHILDREN", 2)

    plan = plan_departments([row(2, "A"), row(3, "B"), row(4, "C")], tree())

    assert codes(plan) == {4: "too_many_children"}


def test_nothing_outside_the_scope_is_made_changed_or_left() -> None:
    plant = tree((2, 1, "Mine", "mine"), (3, 1, "Theirs", "theirs"), (4, 2, "Child", "child"))
    inside = {uid(2), uid(4)}

    plan = plan_departments(
        [
            row(2, "New", "mine"),
            row(3, "New", "theirs"),
            row(4, "Taken", "mine", "theirs"),
            row(5, "Child", "theirs", "child"),
            row(6, "Below new", "/Mine/New"),
        ],
        plant,
        may_change=inside.__contains__,
    )

    assert codes(plan) == {3: "outside_scope", 4: "outside_scope", 5: "outside_scope"}
    assert [step.line for step in plan.steps] == [2, 6]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from(["", "a", "b", "c", "d", "/A", "/A/B", "/B"]),
        st.sampled_from(["", "", "a", "b", "c", "d"]),
    ),
    max_size=8,
)


@given(ROWS)
def test_whatever_the_file_says_the_steps_work_one_after_the_other(wanted: list[tuple[str, str, str]]) -> None:
    nodes = ((2, 1, "A", "a"), (3, 2, "B", "b"), (4, 3, "C", "c"))
    rows = [row(line, *each) for line, each in enumerate(wanted, start=2)]

    plan = plan_departments(rows, tree(*nodes))

    result = apply(plan, tree(*nodes))
    handled = {step.line for step in plan.steps} | {finding.line for finding in plan.findings}
    assert len(rows) - plan.unchanged == len(handled)
    again = plan_departments([each for each in rows if each.line not in codes(plan)], result)
    assert [step for step in again.steps if isinstance(step, CreateDepartment)] == []


def apply(plan: Plan, plant: Tree) -> Tree:
    """Do the steps as a database would: every constraint is asserted, ids are made for what is new."""
    made: dict[Target, UUID] = {}
    nodes = {key: (node.parent, node.name, node.code) for key, node in plant._nodes.items()}

    def place(key: UUID, parent: UUID, name: str, code: str) -> None:
        others = {(up, label) for other, (up, label, _code) in nodes.items() if other != key}
        assert (parent, name) not in others
        assert not code or code not in {each for other, (_up, _label, each) in nodes.items() if other != key}
        above: Target | None = parent
        while above is not None:
            assert above != key
            above = nodes[above][0]
        nodes[key] = (parent, name, code)

    for step in plan.steps:
        if isinstance(step, CreateDepartment):
            made[step.line] = uid(1000 + step.line)
            place(made[step.line], made.get(step.parent, step.parent), step.name, step.code)  # type: ignore[arg-type]
        elif isinstance(step, MoveDepartment):
            _up, name, code = nodes[step.department]
            place(step.department, made.get(step.parent, step.parent), name, code)  # type: ignore[arg-type]
        elif isinstance(step, ChangeDepartment):
            up, name, code = nodes[step.department]
            place(step.department, up, step.name or name, step.code or code)  # type: ignore[arg-type]
    return Tree([Node(key, up, name, code) for key, (up, name, code) in nodes.items()])
