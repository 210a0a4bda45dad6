"""What a list of people does to accounts and places."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from apps.orgs.exchange.people import KnownPerson, KnownPlace, plan_people
from apps.orgs.exchange.references import parse_reference
from apps.orgs.exchange.rows import PersonRow
from apps.orgs.exchange.steps import ChangePerson, ChangePlace, CreatePerson, Place, Plan
from apps.orgs.exchange.trees import Tree
from tests.orgs.exchange.trees import ROOT_ID, tree, uid

RD, SALES = uid(2), uid(3)


@pytest.fixture
def plant() -> Tree:
    return tree((2, 1, "R&D", "rd"), (3, 1, "Sales", "sales"))


def person(line: int, username: str = "ann", department: str = "", **values: object) -> PersonRow:
    reference = parse_reference(department) if department else None
    return PersonRow(line, username, department=reference, **values)  # type: ignore[arg-type]


def known(
    places: Mapping[UUID, KnownPlace] | None = None,
    *,
    is_active: bool = True,
    may_reach: bool = True,
    may_change: bool = True,
    has_primary: bool = True,
) -> dict[str, KnownPerson]:
    return {
        "ann": KnownPerson(
            uid(50), 4, "Ann", "ann@acme.test", is_active, may_reach, may_change, has_primary, places or {}
        )
    }


def codes(plan: Plan) -> dict[int, str]:
    return {finding.line: finding.code for finding in plan.findings}


def test_a_new_person_is_made_in_her_department_and_placed_in_others(plant: Tree) -> None:
    rows = [
        person(2, department="rd", name="Ann", title="Engineer", leader=True, sort=3, password="secret word"),
        person(3, department="/Sales", name="Ann"),
    ]

    plan = plan_people(rows, plant, {})

    assert plan.steps == (
        CreatePerson(2, "ann", "Ann", "", "secret word", RD, "Engineer", True, 3),
        Place(3, "ann", SALES, "", False, False, 0),
    )
    assert "secret word" not in repr(plan)


def test_someone_new_without_a_department_belongs_to_the_organisation(plant: Tree) -> None:
    (step,) = plan_people([person(2)], plant, {}).steps

    assert isinstance(step, CreatePerson)
    assert (step.department, step.name) == (ROOT_ID, "ann")


def test_someone_known_is_changed_where_the_file_says_so(plant: Tree) -> None:
    place = KnownPlace(uid(70), 7, "Engineer", True, False, 0)

    plan = plan_people(
        [person(2, department="rd", name="Ann B.", title="Lead", leader=True, sort=1), person(3, department="sales")],
        plant,
        known({RD: place}),
    )

    assert plan.steps == (
        ChangePerson(2, uid(50), 4, "Ann B.", None),
        ChangePlace(2, uid(70), 7, "Lead", None, True, 1),
        Place(3, "ann", SALES, "", False, False, 0),
    )


def test_empty_cells_and_passwords_change_nothing(plant: Tree) -> None:
    place = KnownPlace(uid(70), 7, "Engineer", True, True, 5)

    plan = plan_people([person(2, department="rd", password="another one")], plant, known({RD: place}))

    assert (plan.steps, plan.findings, plan.unchanged) == ((), (), 1)


def test_the_first_place_of_someone_without_any_is_her_primary_one(plant: Tree) -> None:
    plan = plan_people([person(2, department="rd"), person(3, department="sales")], plant, known(has_primary=False))

    assert [step.is_primary for step in plan.steps if isinstance(step, Place)] == [True, False]


@pytest.mark.parametrize(
    ("rows", "people", "expected"),
    [
        ([person(2, department="nowhere")], {}, {2: "unknown_department"}),
        (
            [person(2, department="nowhere"), person(3, department="rd")],
            {},
            {2: "unknown_department", 3: "person_refused"},
        ),
        ([person(2, department="rd"), person(3, department="/R&D")], {}, {3: "row_repeated"}),
        ([person(2, name="Ann"), person(3, department="rd", name="Bea")], {}, {3: "contradicts_row"}),
        ([person(2, email="a@x.test"), person(3, department="rd", email="b@x.test")], {}, {3: "contradicts_row"}),
        ([person(2, primary=True), person(3, department="rd", primary=True)], {}, {3: "primary_repeated"}),
        ([person(2, department="rd")], known(is_active=False), {2: "person_inactive"}),
        ([person(2, name="New")], known(may_change=False), {2: "person_outside_scope"}),
        ([person(2, department="rd")], known(may_reach=False), {2: "person_outside_scope"}),
        ([person(2, name="Ann")], known(may_change=False), {}),
        ([person(2, department="rd")], known(may_change=False), {}),
    ],
)
def test_what_cannot_be_is_refused_row_by_row(
    rows: list[PersonRow], people: dict[str, KnownPerson], expected: dict[int, str], plant: Tree
) -> None:
    assert codes(plan_people(rows, plant, people)) == expected


def test_the_last_free_account_goes_to_the_first_who_asks(plant: Tree) -> None:
    rows = [person(2, "ann"), person(3, "bob"), person(4, "ann", "rd")]

    plan = plan_people(rows, plant, {}, free_accounts=1)

    assert codes(plan) == {3: "too_many_people"}
    assert [step.line for step in plan.steps] == [2, 4]


def test_nobody_is_placed_outside_the_scope(plant: Tree) -> None:
    rows = [person(2, "ann", "rd"), person(3, "bob", "sales"), person(4, "cid")]

    plan = plan_people(rows, plant, {}, may_place={RD}.__contains__)

    assert codes(plan) == {3: "outside_scope", 4: "outside_scope"}
