"""Packed arrays arrive in PostgreSQL as what they were made from."""

from uuid import UUID

import psycopg
import pytest
from psycopg.adapt import Dumper

from apps.common import database
from apps.common.arrays import PACKED, PLAIN, register_packed
from apps.common.clock import to_datetime

UUIDS = [UUID(int=0), UUID(int=(1 << 128) - 1), UUID(int=7)]
TIMES = [0, 946_684_799_999, 946_684_800_001, 1_800_000_000_123]
CASES = [
    ("uuid[]", "uuids", UUIDS, UUIDS),
    ("bigint[]", "integers", [0, -1, (1 << 63) - 1], [0, -1, (1 << 63) - 1]),
    ("bytea[]", "blobs", [b"", b"\x00\xff", b"x" * 5000], [b"", b"\x00\xff", b"x" * 5000]),
    ("text[]", "texts", ["", "text", "张伟"], ["", "text", "张伟"]),
    ("boolean[]", "flags", [True, False], [True, False]),
    ("timestamptz[]", "times", TIMES, [to_datetime(value) for value in TIMES]),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("sql_type", "column", "values", "expected"), CASES, ids=[case[0] for case in CASES])
async def test_values_survive(sql_type: str, column: str, values: list, expected: list) -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo()) as connection:
        register_packed(connection)
        for given, wanted in ((values, expected), ([], [])):
            packed, plain = getattr(PACKED, column)(given), getattr(PLAIN, column)(given)

            cursor = await connection.execute(f"SELECT %s::{sql_type}, %s::{sql_type}", (packed, plain))

            assert await cursor.fetchone() == (wanted, wanted)


@pytest.mark.django_db
async def test_teaching_connections_again_and_again_makes_nothing_that_stays() -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo()) as connection:
        register_packed(connection)
        before = len(Dumper.__subclasses__())

        for _ in range(3):
            register_packed(connection)

        assert len(Dumper.__subclasses__()) == before
