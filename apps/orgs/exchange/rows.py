"""What a line of a file says: its cells checked one by one, without a look at what there is.

An empty cell, or a column that is not there, means "leave it as it is", for a new row "as usual".
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, clean_email, clean_username
from apps.common.errors import InvalidInput
from apps.common.text import clean_line
from apps.orgs.exchange.columns import Kind, match_header
from apps.orgs.exchange.findings import Finding
from apps.orgs.exchange.references import ROOT, Reference, is_path, parse_reference
from apps.orgs.exchange.sheets import Line
from apps.orgs.exchange.writing import restored
from apps.orgs.models.departments import MAX_CODE_CHARS, MAX_NAME_CHARS
from apps.orgs.models.people import MAX_TITLE_CHARS

MAX_PASSWORD_CHARS: Final = 128
MAX_SORT: Final = 2**31 - 1
_YES: Final = frozenset({"yes", "y", "true", "1", "x", "是", "对", "√", "✓"})
_NO: Final = frozenset({"no", "n", "false", "0", "否", "不是", "×"})


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """A department as a file wants it."""

    line: int
    name: str
    code: str = ""
    parent: Reference = ROOT
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a file wants her, in one of her departments, or in none."""

    line: int
    username: str
    name: str = ""
    email: str = ""
    department: Reference | None = None
    title: str = ""
    primary: bool | None = None
    leader: bool | None = None
    sort: int | None = None
    password: str = ""


Row = DepartmentRow | PersonRow


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file that can be understood, and what is wrong with the others. `total`: all of them."""

    kind: Kind
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    total: int


class _Cells:
    """The cells of one line by column; collects what is wrong with them."""

    def __init__(self, line: Line, places: Mapping[str, int]) -> None:
        self.number = line.number
        self._line = line
        self._places = places
        self.findings: list[Finding] = []

    def text(self, column: str) -> str:
        index = self._places.get(column)
        cells = self._line.cells
        return restored(cells[index]) if index is not None and index < len(cells) else ""

    def refuse(self, column: str, code: str, **fields: str | int) -> None:
        self.findings.append(Finding(self.number, column, code, fields))

    def line(self, column: str, *, max_chars: int, required: bool = False) -> str:
        text = self.text(column)
        if required and not text:
            self.refuse(column, "empty")
        elif len(text) > max_chars:
            self.refuse(column, "too_long", limit=max_chars, size=len(text))
        else:
            try:
                return clean_line(text, field=column, max_chars=max_chars, required=False)
            except InvalidInput:
                self.refuse(column, "bad_character")
        return ""

    def switch(self, column: str) -> bool | None:
        text = self.text(column).casefold()
        if text and text not in _YES | _NO:
            self.refuse(column, "not_yes_or_no", value=text[:50])
        return None if not text else text in _YES

    def number_of(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 10 or int(digits) > MAX_SORT:
            self.refuse(column, "not_a_number", value=text[:50])
            return None
        return int(text)

    def reference(self, column: str) -> Reference:
        found = parse_reference(unicodedata.normalize("NFC", self.text(column)))
        if found is None:
            self.refuse(column, "bad_path", value=self.text(column)[:200])
        return found or ROOT


def read_table(kind: Kind, lines: Sequence[Line]) -> Table:
    """Return what the lines say; the first one is the header. Raises SheetRefused for a header that is not ours."""
    places = match_header(kind, lines[0].cells)
    rows: list[Row] = []
    findings: list[Finding] = []
    for line in lines[1:]:
        cells = _Cells(line, places)
        row = _department(cells) if kind == "departments" else _person(cells)
        if cells.findings:
            findings += cells.findings
        else:
            rows.append(row)
    return Table(kind, tuple(rows), tuple(findings), total=len(lines) - 1)


def _department(cells: _Cells) -> DepartmentRow:
    code = cells.line("code", max_chars=MAX_CODE_CHARS)
    if is_path(code):
        cells.refuse("code", "code_like_path")
    return DepartmentRow(
        line=cells.number,
        name=cells.line("name", max_chars=MAX_NAME_CHARS, required=True),
        code=code,
        parent=cells.reference("parent"),
        hidden=cells.switch("hidden"),
    )


def _person(cells: _Cells) -> PersonRow:
    return PersonRow(
        line=cells.number,
        username=_username(cells),
        name=cells.line("name", max_chars=MAX_DISPLAY_NAME_CHARS),
        email=_email(cells),
        department=cells.reference("department") if cells.text("department") else None,
        title=cells.line("title", max_chars=MAX_TITLE_CHARS),
        primary=cells.switch("primary"),
        leader=cells.switch("leader"),
        sort=cells.number_of("sort"),
        password=_password(cells),
    )


def _username(cells: _Cells) -> str:
    """The part before the @, which exports leave out and people add."""
    try:
        return clean_username(cells.text("username").partition("@")[0])
    except InvalidInput:
        cells.refuse("username", "bad_username", value=cells.text("username")[:80])
        return ""


def _email(cells: _Cells) -> str:
    try:
        return clean_email(cells.text("email"))
    except InvalidInput:
        cells.refuse("email", "bad_email", value=cells.text("email")[:80])
        return ""


def _password(cells: _Cells) -> str:
    password = cells.text("password")
    if len(password) > MAX_PASSWORD_CHARS:
        cells.refuse("password", "too_long", limit=MAX_PASSWORD_CHARS, size=len(password))
    return password
