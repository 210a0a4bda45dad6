"""What a plan would do, row by row, in words that people know: names and the file's own references instead of ids.

Pure, and without a language: it is stored with the import and shown to whoever looks. Nothing comes from departments
other than those that a row changes, so a preview names nobody's superiors; first passwords are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.orgs.exchange.references import ROOT
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row
from apps.orgs.exchange.steps import ChangeDepartment, ChangePerson, ChangePlace, MoveDepartment, Place, Plan, Step

MAX_PREVIEWED: Final = 1_000
"""Steps kept of one file, the first by line; beyond that only their numbers."""

FieldText = str | int | bool


@dataclass(frozen=True, slots=True)
class Preview:
    """One step: its line, its kind, whom or what it concerns, and what that gets, by the key of the column."""

    line: int
    kind: str
    subject: str
    values: dict[str, FieldText]


def preview_steps(rows: Sequence[Row], plan: Plan, called: Callable[[UUID], str]) -> list[Preview]:
    """Return the first MAX_PREVIEWED steps of a plan by line. `called`: what a department was called before it."""
    by_line = {row.line: row for row in rows}
    steps = sorted(plan.steps, key=lambda step: step.line)[:MAX_PREVIEWED]
    return [_preview(step, by_line[step.line], called) for step in steps]


def _preview(step: Step, row: Row, called: Callable[[UUID], str]) -> Preview:
    subject = row.name if isinstance(row, DepartmentRow) else row.username
    if isinstance(step, ChangeDepartment | MoveDepartment):
        subject = called(step.department)
    return Preview(step.line, type(step).__name__, subject, _values(step, row))


def _values(step: Step, row: Row) -> dict[str, FieldText]:
    if isinstance(row, DepartmentRow):
        return _department_values(step, row)
    if isinstance(step, ChangePerson):
        return _said({"name": step.name, "email": step.email})
    return {"department": str(row.department or ROOT), **_place_values(step, row)}


def _department_values(step: Step, row: DepartmentRow) -> dict[str, FieldText]:
    match step:
        case MoveDepartment():
            return {"parent": str(row.parent)}
        case ChangeDepartment():
            return _said({"name": step.name, "code": step.code, "hidden": step.is_hidden})
        case _:
            return {"parent": str(row.parent), **_filled({"code": row.code, "hidden": row.hidden})}


def _place_values(step: Step, row: PersonRow) -> dict[str, FieldText]:
    match step:
        case ChangePlace():
            return _said(_standing(step.title, step.is_primary, step.is_leader, step.sort))
        case Place():
            return _filled(_standing(step.title, step.is_primary, step.is_leader, step.sort))
        case _:
            account = {"name": row.name, "email": row.email}
            return _filled({**account, **_standing(row.title, None, row.leader, row.sort)})


def _standing(
    title: str | None, is_primary: bool | None, is_leader: bool | None, sort: int | None
) -> dict[str, FieldText | None]:
    return {"title": title, "primary": is_primary, "leader": is_leader, "sort": sort}


def _said(values: Mapping[str, FieldText | None]) -> dict[str, FieldText]:
    """Of a change: what is not left as it is."""
    return {key: value for key, value in values.items() if value is not None}


def _filled(values: Mapping[str, FieldText | None]) -> dict[str, FieldText]:
    """Of something new: what differs from the usual."""
    return {key: value for key, value in values.items() if value}
