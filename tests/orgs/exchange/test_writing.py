"""Files that spreadsheets open: nothing in them runs, and all of it comes back."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from apps.orgs.exchange import writing
from apps.orgs.exchange.sheets import read_lines
from apps.orgs.exchange.writing import Format, Value, neutralised, restored, write_table

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1", "%0A", "|x", "'=1"]


def written(kind: Format, rows: Sequence[Sequence[Value]]) -> bytes:
    return b"".join(write_table(kind, ["name", "sort"], rows))


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_csv(formula: str) -> None:
    cells = read_lines(written("csv", [[formula, 1]]))[1].cells

    assert cells == (f"'{formula}", "1")
    assert restored(cells[0]) == formula


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_a_workbook(formula: str) -> None:
    data = written("xlsx", [[formula, 1]])

    cell = load_workbook(io.BytesIO(data)).active["A2"]

    assert (cell.value, cell.data_type) == (formula, "s")
    assert cell.quotePrefix == (formula != "'=1")


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert not neutralised(text).startswith(writing.FORMULA_STARTS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_numbers_stay_numbers_and_names_of_every_script_survive(kind: Format) -> None:
    rows: list[list[Value]] = [["张伟", -5], ["مرحبا", 0], ["👩\u200d🚀", 7], ['a "b", c', 1]]

    lines = read_lines(written(kind, rows))

    assert [line.cells for line in lines[1:]] == [(str(name), str(sort)) for name, sort in rows]


def test_a_long_table_leaves_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_CHUNK_BYTES", 100)

    chunks = list(write_table("csv", ["name"], [[f"person {number}"] for number in range(100)]))

    assert len(chunks) > 10
    assert len(read_lines(b"".join(chunks))) == 101


def test_characters_that_no_workbook_holds_are_left_out() -> None:
    assert read_lines(written("xlsx", [["a\x07b", 1]]))[1].cells == ("ab", "1")
