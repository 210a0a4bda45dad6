"""Counts the elements of a workbook's large parts before a reader makes objects of them.

A row of millions of empty cells takes a few kilobytes in a file and gigabytes in memory: the reader has a whole row,
and whatever stands beside the rows, in memory at once. What elements mean is the reader's business.
"""

from typing import IO, Final
from xml.parsers import expat

from apps.orgs.exchange.findings import SheetRefused

FREE_BYTES: Final = 1024 * 1024
"""Smaller parts are not counted: what they hold fits into some 80 MiB whatever it is."""

MAX_IN_ONE: Final = 100_000
"""Elements within one row, or one text. As wide as a spreadsheet can be, a row has 16,384 cells."""

MAX_BESIDE: Final = 100_000
"""Elements of a sheet beside its rows, such as merged cells; at the bound the workbook is refused."""

MAX_ELEMENTS: Final = 10_000_000
"""Of one part; 200,000 rows of the nine columns there are take seven million at most."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""In which a reader knows rows and texts (ECMA-376 part 1, 18.3). What is called so elsewhere it keeps to the end."""
_CHUNK_BYTES: Final = 256 * 1024
_ROW_DEPTH: Final = 3
_TEXT_DEPTH: Final = 2


def check_sheet(part: IO[bytes]) -> None:
    """Raise SheetRefused if a sheet holds more than its reader may be given."""
    _parse(part, _Elements(unit_depth=_ROW_DEPTH, unit="row"))


def check_texts(part: IO[bytes]) -> None:
    """Raise SheetRefused if the texts of the sheets are more than their reader may be given."""
    _parse(part, _Elements(unit_depth=_TEXT_DEPTH, unit="si"))


class _Elements:
    """Where the parser is, and how much it has seen."""

    def __init__(self, *, unit_depth: int, unit: str) -> None:
        self._unit_depth = unit_depth
        self._unit = unit
        self._depth = self._total = self._beside = self._in_one = 0
        self._is_in_unit = False

    def start(self, name: str, _attributes: object) -> None:
        """One more."""
        self._depth += 1
        self._total += 1
        if self._depth == self._unit_depth:
            self._is_in_unit = name == f"{_MAIN} {self._unit}"
            self._in_one = 0
        if self._is_in_unit:
            self._in_one += 1
        else:
            self._beside += 1
        if self._in_one > MAX_IN_ONE or self._beside > MAX_BESIDE or self._total > MAX_ELEMENTS:
            raise SheetRefused("too_many_elements", limit=MAX_IN_ONE)

    def end(self, _name: str) -> None:
        """Out of it again."""
        if self._depth == self._unit_depth:
            self._is_in_unit = False
        self._depth -= 1


def _parse(part: IO[bytes], elements: _Elements) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = elements.start
    parser.EndElementHandler = elements.end
    parser.StartDoctypeDeclHandler = _refuse_declarations
    try:
        while chunk := part.read(_CHUNK_BYTES):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SheetRefused("workbook_broken") from error


def _refuse_declarations(*_declared: object) -> None:
    """No spreadsheet program writes any; entities could make much of little."""
    raise SheetRefused("workbook_broken")
