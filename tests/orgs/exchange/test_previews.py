"""What a preview keeps of a plan: names and references of the file, never ids or passwords."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.orgs.exchange import previews
from apps.orgs.exchange.previews import Preview, preview_steps
from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row
from apps.orgs.exchange.steps import (
    ChangeDepartment,
    ChangePerson,
    ChangePlace,
    CreateDepartment,
    CreatePerson,
    MoveDepartment,
    Place,
    Plan,
    Step,
)

SALES = uuid4()
NAMES: Mapping[UUID, str] = {SALES: "Sales"}
IN_RD = Reference(code="rd")


def previewed(row: Row, *steps: Step) -> list[Preview]:
    return preview_steps([row], Plan(steps, (), 0), NAMES.__getitem__)


@pytest.mark.parametrize(
    ("row", "step", "kind", "subject", "values"),
    [
        (
            DepartmentRow(2, "Lab", "lab", IN_RD, hidden=True),
            CreateDepartment(2, SALES, "Lab", "lab", is_hidden=True),
            "CreateDepartment",
            "Lab",
            {"parent": "rd", "code": "lab", "hidden": True},
        ),
        (
            DepartmentRow(2, "Lab"),
            CreateDepartment(2, SALES, "Lab", "", is_hidden=False),
            "CreateDepartment",
            "Lab",
            {"parent": "/"},
        ),
        (
            DepartmentRow(3, "Selling", "s"),
            ChangeDepartment(3, SALES, name="Selling", is_hidden=False),
            "ChangeDepartment",
            "Sales",
            {"name": "Selling", "hidden": False},
        ),
        (
            DepartmentRow(3, "Sales", "s", IN_RD),
            MoveDepartment(3, SALES, uuid4()),
            "MoveDepartment",
            "Sales",
            {"parent": "rd"},
        ),
        (
            PersonRow(4, "ann", "Ann", "", IN_RD, "Clerk", leader=True, password="secret words"),
            CreatePerson(4, "ann", "Ann", "", "secret words", SALES, "Clerk", is_leader=True, sort=0),
            "CreatePerson",
            "ann",
            {"department": "rd", "name": "Ann", "title": "Clerk", "leader": True},
        ),
        (
            PersonRow(5, "ann", email="a@b.example"),
            ChangePerson(5, uuid4(), 1, email="a@b.example"),
            "ChangePerson",
            "ann",
            {"email": "a@b.example"},
        ),
        (
            PersonRow(6, "ann", department=IN_RD),
            Place(6, "ann", SALES, "", is_primary=True, is_leader=False, sort=0),
            "Place",
            "ann",
            {"department": "rd", "primary": True},
        ),
        (
            PersonRow(7, "ann", department=IN_RD, sort=0),
            ChangePlace(7, uuid4(), 1, is_leader=False, sort=0),
            "ChangePlace",
            "ann",
            {"department": "rd", "leader": False, "sort": 0},
        ),
        (
            PersonRow(8, "ann", title="Boss"),
            CreatePerson(8, "ann", "ann", "", "", SALES, "Boss", is_leader=False, sort=0),
            "CreatePerson",
            "ann",
            {"department": "/", "title": "Boss"},
        ),
    ],
)
def test_a_step_is_told_in_the_words_of_its_row(
    row: Row, step: Step, kind: str, subject: str, values: dict[str, Any]
) -> None:
    (found,) = previewed(row, step)

    assert found == Preview(row.line, kind, subject, values)


def test_the_first_steps_by_line_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "MAX_PREVIEWED", 2)
    rows = [DepartmentRow(line, f"D{line}") for line in (2, 3, 4)]
    steps = tuple(CreateDepartment(row.line, SALES, row.name, "", is_hidden=False) for row in reversed(rows))

    found = preview_steps(rows, Plan(steps, (), 0), NAMES.__getitem__)

    assert [each.line for each in found] == [2, 3]
