"""Cursors are opaque, survive the way through a URL, and refuse what was not made here."""

from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.rest.pages import read_cursor, write_cursor
from apps.common.rest.problems import InvalidRequest


class Position(msgspec.Struct, array_like=True, frozen=True):
    name: str
    id: UUID


@given(st.text(max_size=100), st.uuids())
def test_a_position_survives(name: str, row_id: UUID) -> None:
    position = Position(name, row_id)

    cursor = write_cursor(position)

    assert quote(cursor, safe="") == cursor
    assert read_cursor(cursor, Position) == position


def test_the_first_page_has_no_position() -> None:
    assert read_cursor("", Position) is None


@pytest.mark.parametrize("cursor", ["x", "!!!!", "AAAA", write_cursor(Position("a", UUID(int=1)))[:-4], "é"])
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        read_cursor(cursor, Position)
