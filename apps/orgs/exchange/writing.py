"""Writes tables as CSV or XLSX that a spreadsheet opens without running anything in them.

A text that a spreadsheet would take for a formula gets an apostrophe in front in CSV, which reading takes away again;
in XLSX it is marked as text. Numbers stay numbers.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

Format = Literal["csv", "xlsx"]
Value = str | int

MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA_STARTS: Final = tuple("=+-@\t\r\n＝＋－＠|%")
"""What makes some spreadsheet run a cell, or pass it on to a program that does; full-width forms are folded by some."""

_CHUNK_BYTES: Final = 64 * 1024
_MEMORY_BYTES: Final = 4 * 1024 * 1024
"""Of a workbook kept in memory while it is written; a larger one goes to a temporary file."""


def write_table(kind: Format, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """Yield the bytes of a file, chunk by chunk; rows are taken one at a time."""
    return _csv(header, rows) if kind == "csv" else _workbook(header, rows)


def neutralised(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text


def restored(text: str) -> str:
    """Return what `neutralised` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA_STARTS, "'")) else text


def _csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """With the mark by which Excel knows UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(header)
    for row in rows:
        writer.writerow([neutralised(value) if isinstance(value, str) else value for value in row])
        if buffer.tell() >= _CHUNK_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _workbook(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    from openpyxl import Workbook  # large, and few processes ever write one

    book = Workbook(write_only=True)
    sheet = book.create_sheet("imsite")
    sheet.append(list(header))
    for row in rows:
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _text_cell(sheet: object, value: str) -> object:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(FORMULA_STARTS)
    return cell
