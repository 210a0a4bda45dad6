"""What is wrong with a file or with one of its rows: codes and fields, which `texts` puts into words.

Pure: a finding is stored and shown again later, to someone with another language.
"""

from dataclasses import dataclass, field
from typing import Final

FieldValue = str | int

WHOLE_ROW: Final = ""
"""The column of a finding that is about the row as a whole."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one row can't be applied. `line` counts from 1, the header included, as spreadsheets do."""

    line: int
    column: str
    code: str
    fields: dict[str, FieldValue] = field(default_factory=dict)


class SheetRefused(Exception):
    """The file as a whole can't be read. `code` is stable, `fields` fill its text."""

    def __init__(self, why: str, /, **fields: FieldValue) -> None:
        self.code = why
        self.fields = fields
        super().__init__(f"{why} {fields}")


class RowRefused(Exception):
    """One row can't be done; caught where rows are tried."""

    def __init__(self, column: str, why: str, /, **fields: FieldValue) -> None:
        self.column = column
        self.code = why
        self.fields = fields
        super().__init__(f"{column}: {why} {fields}")

    def at(self, line: int) -> Finding:
        """Return what is to be said of the row in this line."""
        return Finding(line, self.column, self.code, self.fields)
