"""Log lines show the fields that came with them."""

import logging
from typing import Any
from uuid import UUID

import pytest

from imsite.logs import FieldFormatter


def line(message: str = "slots changed", **extra: Any) -> str:
    record = logging.getLogger("apps.cluster").makeRecord(
        "apps.cluster", logging.INFO, "f.py", 1, message, (), None, extra=extra
    )
    return FieldFormatter().format(record).split(" INFO ")[1]


def test_a_line_without_fields_is_as_it_was() -> None:
    assert line() == "apps.cluster slots changed"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, "7"),
        ("n0", "n0"),
        ("10.0.0.1:8002", "10.0.0.1:8002"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a\nb", '"a\\nb"'),
        ("a=b", '"a=b"'),
        (True, "True"),
        (None, "null"),
        ([1, "x"], '[1,"x"]'),
        ({"n0": 16_384}, '{"n0":16384}'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    ],
)
def test_each_field_is_shown_so_that_it_cannot_be_misread(value: Any, shown: str) -> None:
    assert line(field=value) == f"apps.cluster slots changed field={shown}"


def test_things_for_programs_are_left_out() -> None:
    assert line(request=object(), color_message="slots changed", n=1) == "apps.cluster slots changed n=1"


def test_fields_keep_their_order_and_tracebacks_come_after_them() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.getLogger("x").makeRecord(
        "x", logging.ERROR, "f.py", 1, "failed", (), info, extra={"b": 1, "a": 2}
    )

    text = FieldFormatter().format(record)

    assert text.splitlines()[0].endswith("x failed b=1 a=2")
    assert text.splitlines()[-1] == "ValueError: broken"
