"""What findings and refused files say to people, by code."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.orgs.exchange.columns import COLUMNS, Column, Kind
from apps.orgs.exchange.findings import FieldValue

TEXTS: Final[Mapping[str, str | Promise]] = {
    # the file as a whole
    "file_too_large": _("The file is larger than %(limit_bytes)d bytes."),
    "workbook_too_large": _("The workbook unpacks to more than %(limit_bytes)d bytes, or has too many parts."),
    "too_many_elements": _("The workbook has more than %(limit)d cells in one row, or too much beside its rows."),
    "old_or_encrypted_workbook": _("This is an old (.xls) or encrypted workbook; save it as .xlsx without a password."),
    "workbook_broken": _("The workbook can't be read; save it again as .xlsx or CSV."),
    "csv_broken": _("The text can't be read as CSV at line %(line)d: a quotation mark is not closed."),
    "encoding_unknown": _("The text is neither UTF-8 nor UTF-16 nor GB18030."),
    "too_many_rows": _("The file has more than %(limit)d rows; split it."),
    "too_many_columns": _("The file has more than %(limit)d columns."),
    "took_too_long": _("Reading the file took too long; split it."),
    "empty_file": _("The file is empty."),
    "column_unknown": _("The header has a column that means nothing here: %(column)s"),
    "column_twice": _("The header names the column %(column)s twice."),
    "column_missing": _("The header lacks the column %(column)s (%(chinese)s)."),
    # a cell by itself
    "empty": _("must not be empty"),
    "too_long": _("has %(size)d characters, at most %(limit)d are allowed"),
    "bad_character": _("holds a character that can't be seen or breaks the line"),
    "not_yes_or_no": _("says %(value)s instead of yes or no"),
    "not_a_number": _("says %(value)s instead of a whole number"),
    "bad_path": _("%(value)s is no path of department names"),
    "code_like_path": _("a code must not begin with a slash"),
    "bad_username": _("%(value)s is no user name: letters, digits, dots, dashes and underscores, at most 64"),
    "bad_email": _("%(value)s is no e-mail address"),
    # a department's row among others
    "code_repeated": _("line %(first)d has the code %(code)s already"),
    "row_repeated": _("line %(first)d says this already"),
    "unknown_parent": _("there is no department %(parent)s, neither in the tree nor in the file"),
    "parent_refused": _("the parent %(parent)s is not there, because its own row was refused or it moved"),
    "cycle": _("the department would lie below itself: %(parent)s"),
    "is_root": _("%(code)s is the organisation itself, which a list of departments does not change"),
    "name_taken": _("another department of the same parent is called %(name)s"),
    "name_has_other_code": _("%(name)s has the code %(code)s; codes are changed one by one"),
    "too_deep": _("would lie %(depth)d levels deep, at most %(limit)d are allowed"),
    "too_many_children": _("the parent has %(limit)d departments already"),
    "outside_scope": _("lies outside what you administer"),
    # a person's row among others
    "unknown_department": _("there is no department %(department)s"),
    "person_refused": _("this person's first row, line %(first)d, was refused"),
    "person_inactive": _("%(username)s is deactivated"),
    "person_outside_scope": _("%(username)s also belongs to departments outside what you administer"),
    "too_many_people": _("the tenant has no room for more people"),
    "contradicts_row": _("line %(first)d says %(value)s"),
    "primary_repeated": _("line %(first)d is the primary department already"),
    # when it came to doing it
    "refused": _("%(reason)s"),
}

STEP_TEXTS: Final[Mapping[str, str | Promise]] = {
    "CreateDepartment": _("departments made"),
    "ChangeDepartment": _("departments changed"),
    "MoveDepartment": _("departments moved"),
    "CreatePerson": _("people made"),
    "ChangePerson": _("people changed"),
    "Place": _("places given"),
    "ChangePlace": _("places changed"),
    "unchanged": _("rows without a change"),
    "refused": _("rows refused"),
}
"""What is counted of a plan and of what was done, in the order in which it is shown."""

YES: Final = _("yes")
NO: Final = _("no")


def text_of(code: str, fields: Mapping[str, FieldValue]) -> str:
    """Return the words for a finding in the active language."""
    return str(TEXTS[code]) % fields


def values_text(kind: Kind, values: Mapping[str, str | int | bool]) -> str:
    """Return what a step gives, by the names of its kind's columns and in their order, in the active language."""
    titles = {column.key: title_of(column) for column in COLUMNS[kind]}
    return ", ".join(f"{title}: {_value(values[key])}" for key, title in titles.items() if key in values)


def title_of(column: Column) -> str:
    """Return what a column is called in the active language."""
    return column.chinese if (get_language() or "").startswith("zh") else column.english


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(YES if value else NO)
    return str(value)
