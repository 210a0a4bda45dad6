"""Files as people send them: every encoding, and every way to be broken or hostile."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from apps.orgs.exchange import sheets
from apps.orgs.exchange.findings import SheetRefused
from apps.orgs.exchange.sheets import Line, read_lines


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts exchanged."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return file.getvalue()


def sheet_xml(rows: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def with_a_sheet_of(size: int) -> bytes:
    """A workbook with one cell, whose sheet is mostly white space."""
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'
    return replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", sheet_xml(cell + " " * size))


def refusal(data: bytes) -> str:
    with pytest.raises(SheetRefused) as caught:
        read_lines(data)
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    data = "名称,上级部门\r\n研发中心,\r\n平台部,/研发中心\r\n".encode(encoding)

    lines = read_lines(data)

    assert [line.cells for line in lines] == [("名称", "上级部门"), ("研发中心",), ("平台部", "/研发中心")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_header_s(delimiter: str) -> None:
    data = f'code{delimiter}name\na{delimiter}"R,D;T\tX"\n'.encode()

    assert [line.cells for line in read_lines(data)] == [("code", "name"), ("a", "R,D;T\tX")]


def test_lines_keep_their_numbers_over_empty_ones_and_line_breaks_within_cells() -> None:
    data = b'name\n\n"two\nlines"\n,,\nlast\n'

    assert read_lines(data) == [Line(1, ("name",)), Line(4, ("two\nlines",)), Line(6, ("last",))]


def test_a_workbook_is_text_too() -> None:
    data = workbook(("name", "sort", "hidden"), ("研发", 3.0, True), (), ("x", 1.5, None))

    assert read_lines(data) == [
        Line(1, ("name", "sort", "hidden")),
        Line(2, ("研发", "3", "yes")),
        Line(4, ("x", "1.5")),
    ]


def test_a_workbook_that_lies_about_its_size_is_read_to_its_end() -> None:
    data = workbook(("name",), ("a",), ("b",))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lying = replaced(data, "xl/worksheets/sheet1.xml", sheet.replace(b'ref="A1:A3"', b'ref="A1:A2"'))

    assert [line.cells[0] for line in read_lines(lying)] == ["name", "a", "b"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n , ,\n", "empty_file"),
        (b'name\n"never closed', "csv_broken"),
        (b"\x00\x01\x02\xff\xfe\xfd", "encoding_unknown"),
        (b"name\x00\nx", "encoding_unknown"),
        (b"\xff\xfe\x00", "encoding_unknown"),
        (b"\xd0\xcf\x11\xe0rest", "old_or_encrypted_workbook"),
        (b"PK\x03\x04 and then nothing of the kind", "workbook_broken"),
        (b"," * sheets.MAX_COLUMNS, "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_by_name(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_half_a_workbook_is_refused() -> None:
    data = workbook(("name",), ("a",))

    assert refusal(data[: len(data) // 2]) == "workbook_broken"


def test_a_workbook_with_a_broken_part_is_refused() -> None:
    data = replaced(workbook(("name",), ("a",)), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row")

    assert refusal(data) == "workbook_broken"


def test_entities_in_a_workbook_are_not_expanded() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )

    assert refusal(replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", bomb)) == "workbook_broken"


def test_a_bomb_is_refused_by_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED_BYTES", 50_000)
    data = replaced(workbook(("name",)), "xl/theme/theme1.xml", b" " * 60_000)

    assert len(data) < 20_000
    assert refusal(data) == "workbook_too_large"


def test_a_workbook_that_is_packed_too_tightly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "FREE_UNPACKED_BYTES", 50_000)
    data = with_a_sheet_of(2_000_000)

    assert sheets.MAX_RATIO * len(data) < 2_000_000
    assert refusal(data) == "workbook_too_large"


@pytest.mark.parametrize("disguise", ["", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_only_sheets_and_their_texts_may_be_large(monkeypatch: pytest.MonkeyPatch, disguise: str) -> None:
    monkeypatch.setattr(sheets, "MAX_AROUND_BYTES", 30_000)
    data = with_a_sheet_of(60_000)
    if disguise:
        override = f'<Override PartName="/{disguise}" ContentType="application/sheet.main+xml"/></Types>'
        types = zipfile.ZipFile(io.BytesIO(data)).read("[Content_Types].xml")
        data = replaced(data, "[Content_Types].xml", types.replace(b"</Types>", override.encode()))
    if disguise == "xl/styles.xml":
        data = replaced(data, disguise, b" " * 60_000)

    if disguise:
        assert refusal(data) == "workbook_too_large"
    else:
        assert read_lines(data) == [Line(1, ("name",))]


def test_large_content_types_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_AROUND_BYTES", 30_000)

    assert refusal(replaced(workbook(("name",)), "[Content_Types].xml", b" " * 60_000)) == "workbook_too_large"


def test_an_archive_that_does_not_say_what_is_in_it_is_refused() -> None:
    assert refusal(replaced(workbook(("name",)), "[Content_Types].xml", b"")) == "workbook_broken"


def test_one_text_in_very_many_cells_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_TEXT_CHARS", 1_000)
    text = "x" * 100

    assert len(read_lines(workbook(*[(text,)] * 10))) == 10
    assert refusal(workbook(*[(text,)] * 11)) == "workbook_too_large"


def test_the_text_of_a_cell_ends_where_excel_ends_it() -> None:
    cell = f'<c r="A1" t="inlineStr"><is><t>{"x" * 40_000}</t></is></c>'
    data = replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", sheet_xml(f'<row r="1">{cell}</row>'))

    assert [len(cell) for line in read_lines(data) for cell in line.cells] == [32_767]


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_PARTS", 3)

    assert refusal(workbook(("name",))) == "workbook_too_large"


def test_a_row_far_down_does_not_make_the_reader_walk_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_EMPTY_ROWS", 10)
    monkeypatch.setattr(sheets, "MAX_ROWS", 10)
    far = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1000000000"><c r="A1000000000" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    )

    assert refusal(replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", far)) == "too_many_rows"


@pytest.mark.parametrize("as_workbook", [False, True])
def test_the_bound_on_rows_is_exact(monkeypatch: pytest.MonkeyPatch, as_workbook: bool) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    cells = [("name",), ("a",), ("b",), ("c",), ("d",)]

    def data(count: int) -> bytes:
        return workbook(*cells[:count]) if as_workbook else b"\n".join(cell.encode() for (cell,) in cells[:count])

    assert len(read_lines(data(4))) == 4
    assert refusal(data(5)) == "too_many_rows"


def test_a_file_above_the_bound_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_FILE_BYTES", 10)

    assert refusal(b"name\nabcdef") == "file_too_large"
    assert len(read_lines(b"name\nabcde")) == 2


def test_reading_stops_when_the_time_is_over() -> None:
    with pytest.raises(SheetRefused) as caught:
        read_lines(b"name\n" + b"a\n" * 1000, out_of_time=iter([False, True]).__next__)

    assert caught.value.code == "took_too_long"


def test_dates_come_out_as_iso() -> None:
    assert read_lines(workbook((datetime.date(2026, 1, 2),)))[0].cells[0].startswith("2026-01-02")


def test_endless_empty_cells_are_refused_before_they_are_read() -> None:
    row = "<row>" + "<c/>" * 300_000 + "</row>"
    data = replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", sheet_xml(row))

    assert len(data) < 50_000
    assert refusal(data) == "too_many_elements"


def test_endless_parts_of_a_text_are_refused_before_they_are_read() -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    data = workbook(("name",))
    types = zipfile.ZipFile(io.BytesIO(data)).read("[Content_Types].xml").replace(b"</Types>", override)
    file = io.BytesIO(replaced(data, "[Content_Types].xml", types))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst><si>" + b"<r/>" * 300_000 + b"</si></sst>")

    assert refusal(file.getvalue()) == "too_many_elements"


def test_a_large_part_that_is_broken_is_refused() -> None:
    data = replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", b" " * 2_000_000)

    assert refusal(data) == "workbook_broken"


def test_a_large_part_whose_bytes_were_damaged_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(with_a_sheet_of(2_000_000))) as old, zipfile.ZipFile(file, "w") as stored:
        for part in old.infolist():
            stored.writestr(part.filename, old.read(part))
    data = file.getvalue()
    assert data.count(b" " * 1_000) > 1_000

    assert refusal(data.replace(b" " * 1_000, b"\n" + b" " * 999, 1)) == "workbook_broken"


def test_whole_numbers_are_whole_however_a_program_writes_them() -> None:
    cells = "".join(f"<c><v>{number}</v></c>" for number in ("7.0", "1E3", "1.5", "12"))
    data = replaced(workbook(("name",)), "xl/worksheets/sheet1.xml", sheet_xml(f"<row>{cells}</row>"))

    assert read_lines(data)[0].cells == ("7", "1000", "1.5", "12")
