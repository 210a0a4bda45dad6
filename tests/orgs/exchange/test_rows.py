"""Cells, one by one."""

import pytest

from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.references import ROOT, Reference
from apps.orgs.exchange.rows import MAX_PASSWORD_CHARS, DepartmentRow, PersonRow, Table, read_table
from apps.orgs.exchange.sheets import Line


def table(kind: Kind, *rows: tuple[str, ...]) -> Table:
    return read_table(kind, [Line(number, cells) for number, cells in enumerate(rows, start=1)])


def finding(kind: Kind, column: str, value: str) -> str | None:
    """What a value in one column, of a row that is right otherwise, is told."""
    needed = "username" if kind == "people" else "name"
    header, cells = ((column,), (value,)) if column == needed else ((needed, column), ("fine", value))
    found = table(kind, header, cells)
    assert all(each.column == column for each in found.findings)
    return found.findings[0].code if found.findings else None


def test_departments_are_read() -> None:
    found = table("departments", ("名称", "编码", "上级部门", "隐藏"), (" 研发 ", "RD", "/总部", "是"), ("Sales",))

    assert found.rows == (
        DepartmentRow(2, "研发", "RD", Reference(names=("总部",)), True),
        DepartmentRow(3, "Sales", "", ROOT, None),
    )
    assert (found.findings, found.total) == ((), 2)


def test_people_are_read() -> None:
    found = table(
        "people",
        ("User name", "Name", "E-mail", "Department", "Title", "Primary", "Leader", "Order", "Password"),
        ("Ann@acme", "安", "ann@acme.test", "RD", "Lead", "yes", "No", "-3", "'=secret"),
        ("bob",),
    )

    assert found.rows == (
        PersonRow(2, "ann", "安", "ann@acme.test", Reference(code="RD"), "Lead", True, False, -3, "=secret"),
        PersonRow(3, "bob"),
    )


def test_rows_with_something_wrong_are_told_all_of_it_and_left_out() -> None:
    found = table("people", ("username", "email", "leader"), ("", "x", "perhaps"), ("fine", "", ""))

    assert [(each.line, each.column, each.code) for each in found.findings] == [
        (2, "username", "bad_username"),
        (2, "email", "bad_email"),
        (2, "leader", "not_yes_or_no"),
    ]
    assert [each.line for each in found.rows] == [3]
    assert found.total == 2


@pytest.mark.parametrize(
    ("kind", "column", "value", "expected"),
    [
        ("departments", "name", "", "empty"),
        ("departments", "name", "x" * 100, None),
        ("departments", "name", "x" * 101, "too_long"),
        ("departments", "name", "a\u202eb", "bad_character"),
        ("departments", "name", "a\nb", "bad_character"),
        ("departments", "name", "مرحبا 👩\u200d🚀", None),
        ("departments", "code", "/x", "code_like_path"),
        ("departments", "parent", "/a//b", "bad_path"),
        ("departments", "hidden", "maybe", "not_yes_or_no"),
        ("people", "username", "a b", "bad_username"),
        ("people", "sort", "1.5", "not_a_number"),
        ("people", "sort", "²", "not_a_number"),
        ("people", "sort", "9" * 5000, "not_a_number"),
        ("people", "sort", "2147483648", "not_a_number"),
        ("people", "sort", "2147483647", None),
        ("people", "title", "x" * 101, "too_long"),
        ("people", "password", "x" * (MAX_PASSWORD_CHARS + 1), "too_long"),
    ],
)
def test_each_bound_has_its_word(kind: Kind, column: str, value: str, expected: str | None) -> None:
    assert finding(kind, column, value) == expected
