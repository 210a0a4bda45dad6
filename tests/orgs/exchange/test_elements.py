"""What a reader would make objects of is counted first."""

import io
from collections.abc import Callable
from typing import IO

import pytest

from apps.orgs.exchange import elements
from apps.orgs.exchange.elements import check_sheet, check_texts
from apps.orgs.exchange.findings import SheetRefused

MAIN = b"xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
SST = b"<sst " + MAIN + b">%s</sst>"
SHEET = b"<worksheet " + MAIN + b"><cols><col/></cols><sheetData>%s</sheetData>%s</worksheet>"
ROW = b"<row><c><v>1</v></c></row>"


def refused(check: Callable[[IO[bytes]], None], part: bytes) -> str | None:
    try:
        check(io.BytesIO(part))
    except SheetRefused as refusal:
        return refusal.code
    return None


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_IN_ONE", 10)
    monkeypatch.setattr(elements, "MAX_BESIDE", 10)
    monkeypatch.setattr(elements, "MAX_ELEMENTS", 100)


@pytest.mark.usefixtures("small")
class TestBounds:
    def test_a_list_passes(self) -> None:
        assert refused(check_sheet, SHEET % (ROW * 30, b"<mergeCells><mergeCell/></mergeCells>")) is None

    @pytest.mark.parametrize(("cells", "code"), [(9, None), (10, "too_many_elements")])
    def test_a_row_has_so_many_elements(self, cells: int, code: str | None) -> None:
        row = b"<row>" + b"<c/>" * cells + b"</row>"

        assert refused(check_sheet, SHEET % (row + ROW, b"")) == code

    @pytest.mark.parametrize(("merged", "code"), [(5, None), (6, "too_many_elements")])
    def test_there_is_so_much_beside_the_rows(self, merged: int, code: str | None) -> None:
        beside = b"<mergeCells>" + b"<mergeCell/>" * merged + b"</mergeCells>"

        assert refused(check_sheet, SHEET % (ROW, beside)) == code

    def test_what_is_called_a_row_elsewhere_is_none(self) -> None:
        foreign = b"<x:row xmlns:x='x'><c/></x:row>"

        assert refused(check_sheet, SHEET % (foreign * 6, b"")) == "too_many_elements"

    @pytest.mark.parametrize(("texts", "code"), [(49, None), (50, "too_many_elements")])
    def test_a_part_has_so_many_in_all(self, texts: int, code: str | None) -> None:
        assert refused(check_texts, SST % (b"<si><t/></si>" * texts)) == code

    def test_one_text_has_so_many(self) -> None:
        assert refused(check_texts, SST % (b"<si>" + b"<r/>" * 10 + b"</si>")) == "too_many_elements"


@pytest.mark.parametrize("part", [b"<sst><si>", b"no markup", b"<!DOCTYPE sst [<!ENTITY a 'b'>]><sst/>"])
def test_what_is_broken_or_declares_things_is_refused(part: bytes) -> None:
    assert refused(check_texts, part) == "workbook_broken"
