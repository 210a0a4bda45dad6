"""Reads a table out of a file somebody sent: CSV in the encodings spreadsheets write, or XLSX.

What comes out is text, cell by cell; what it means is `rows`' business. Every dimension is bounded before it is
walked, and a broken or hostile file is a SheetRefused, never another exception.
"""

import codecs
import csv
import datetime
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # the library has no types

from apps.orgs.exchange.elements import FREE_BYTES, check_sheet, check_texts
from apps.orgs.exchange.findings import SheetRefused

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
"""Of the file itself; a larger one is refused unread. 100,000 people take about 8 MiB of CSV."""

MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024
"""Of everything within an XLSX file, as its directory declares it; nothing beyond that is ever unpacked."""

MAX_PARTS: Final = 1_000
"""Files within an XLSX file; at the bound it is refused."""

MAX_RATIO: Final = 30
"""What an XLSX file unpacks to, in file sizes, once it is more than FREE_UNPACKED_BYTES. Lists of people reach 13."""

FREE_UNPACKED_BYTES: Final = 16 * 1024 * 1024
"""Unpacked whatever the ratio: small files of equal rows are packed very tightly."""

MAX_AROUND_BYTES: Final = 8 * 1024 * 1024
"""Of all that is neither a sheet nor the texts of sheets: the reader makes an object of every element there."""

MAX_CELL_CHARS: Final = 32_767
"""Of a cell, as in Excel itself. A longer text is cut: it is still too long for any column, and refused for that."""

MAX_TEXT_CHARS: Final = 64 * 1024 * 1024
"""Of all cells of a workbook together. One text may stand in millions of cells, so its size alone bounds nothing."""

MAX_ROWS: Final = 200_000
"""Rows below the header; one more and the whole file is refused, so that nobody takes half an import for all of it."""

MAX_EMPTY_ROWS: Final = 100_000
"""Rows without content that are passed over: spreadsheets keep them where something once was. Beyond: refused."""

MAX_COLUMNS: Final = 64
"""Columns; a wider CSV file is refused, what lies further right in a workbook is not looked at."""

_CHECK_EVERY_ROWS: Final = 500

_TYPES: Final = "[Content_Types].xml"
_TEXTS: Final = "xl/sharedStrings.xml"
_BULKY: Final = re.compile(r"xl/(?:worksheets/[^/]+|sharedStrings)\.xml")
_BULKY_TYPES: Final = ("worksheet+xml", "sharedStrings+xml")
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_DELIMITERS: Final = (",", ";", "\t")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table with its number in the file, from 1."""

    number: int
    cells: tuple[str, ...]


def read_lines(data: bytes, *, out_of_time: Callable[[], bool] = lambda: False) -> list[Line]:
    """Return the lines that are not empty, the header first. Raises SheetRefused; `took_too_long` once `out_of_time`.

    The form is told by the content, not by a name or a media type that the sender chose.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SheetRefused("file_too_large", limit_bytes=MAX_FILE_BYTES)
    if data.startswith(_OLE):
        raise SheetRefused("old_or_encrypted_workbook")
    lines = _workbook_lines(data) if data.startswith(_ZIP) else _csv_lines(_decoded(data))
    found: list[Line] = []
    for count, line in enumerate(lines):
        if count % _CHECK_EVERY_ROWS == 0 and out_of_time():
            raise SheetRefused("took_too_long")
        if any(line.cells):
            found.append(line)
        if len(found) > MAX_ROWS + 1 or count > MAX_ROWS + MAX_EMPTY_ROWS:
            raise SheetRefused("too_many_rows", limit=MAX_ROWS)
    if not found:
        raise SheetRefused("empty_file")
    return found


def _decoded(data: bytes) -> str:
    """Excel in China writes GB18030 without a mark, everybody else UTF-8, and "Unicode text" is UTF-16 with a mark."""
    marked = [encoding for bom, encoding in _BOMS if data.startswith(bom)]
    for encoding in marked or ["utf-8", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetRefused("encoding_unknown")


def _csv_lines(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SheetRefused("csv_broken", line=reader.line_num) from error
        if len(cells) > MAX_COLUMNS:
            raise SheetRefused("too_many_columns", limit=MAX_COLUMNS)
        yield Line(reader.line_num, _trimmed([cell.strip() for cell in cells]))


def _delimiter(text: str) -> str:
    """The header has no delimiters within its cells, so the one that is there most often is the one."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _workbook_lines(data: bytes) -> Iterator[Line]:
    from openpyxl import load_workbook  # large, and few processes ever read one

    _check_archive(data)
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size is often wrong, and would cut it off
        rows: Iterable[tuple[object, ...]] = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
        chars = 0
        for number, values in enumerate(rows, start=1):
            cells = _trimmed([_text_of(value) for value in values])
            chars += sum(map(len, cells))
            if chars > MAX_TEXT_CHARS:
                raise SheetRefused("workbook_too_large", limit_bytes=MAX_TEXT_CHARS)
            yield Line(number, cells)
    except SheetRefused:
        raise
    except Exception as error:  # a broken workbook raises whatever its broken part leads to
        raise SheetRefused("workbook_broken") from error


def _check_archive(data: bytes) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SheetRefused("workbook_broken") from error
    parts = archive.infolist()
    limit = min(MAX_UNPACKED_BYTES, max(FREE_UNPACKED_BYTES, MAX_RATIO * len(data)))
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > limit:
        raise SheetRefused("workbook_too_large", limit_bytes=limit)
    bulky = _bulky_parts(archive)
    if sum(part.file_size for part in parts if part.filename not in bulky) > MAX_AROUND_BYTES:
        raise SheetRefused("workbook_too_large", limit_bytes=MAX_AROUND_BYTES)
    for name in sorted(bulky & set(archive.namelist())):
        if archive.getinfo(name).file_size > FREE_BYTES:
            _check_elements(archive, name)


def _check_elements(archive: zipfile.ZipFile, name: str) -> None:
    check = check_texts if name == _TEXTS else check_sheet
    try:
        with archive.open(name) as part:
            check(part)
    except SheetRefused:
        raise
    except Exception as error:  # as above
        raise SheetRefused("workbook_broken") from error


def _bulky_parts(archive: zipfile.ZipFile) -> set[str]:
    """The parts that may be large: called as sheets and their texts are, and declared as nothing else besides."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    try:
        if archive.getinfo(_TYPES).file_size > MAX_AROUND_BYTES:
            return set()
        for element in fromstring(archive.read(_TYPES)):
            kinds[element.get("PartName", "").removeprefix("/")].add(element.get("ContentType", ""))
    except Exception as error:  # as above
        raise SheetRefused("workbook_broken") from error
    return {name for name, types in kinds.items() if _BULKY.fullmatch(name) and all(map(_is_bulky_type, types))}


def _is_bulky_type(declared: str) -> bool:
    return declared.endswith(_BULKY_TYPES)


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    """Without the empty cells at the end, of which workbooks have any number."""
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _text_of(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)[:MAX_CELL_CHARS].strip()
