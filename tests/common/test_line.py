"""One connection that is there when it is needed, whatever happens to it."""

import asyncio
import socket
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio
from psycopg.conninfo import make_conninfo

from apps.common import database
from apps.common import line as module
from apps.common.arrays import PACKED
from apps.common.errors import Unavailable
from apps.common.line import MAX_ATTEMPTS, Line


@pytest_asyncio.fixture
async def line(transactional_db: None) -> AsyncIterator[Line]:
    line = Line(database.conninfo())
    yield line
    await line.close()


async def terminate(line: Line) -> None:
    """End its connection as a restart of the database would."""
    ((pid,),) = await line.execute("SELECT pg_backend_pid()")
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as other:
        await other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


async def test_it_carries_packed_arrays_there_and_rows_back(line: Line) -> None:
    rows = await line.execute("SELECT * FROM unnest(%s::text[]) AS t(word)", (PACKED.texts(["a", "張"]),))

    assert rows == [("a",), ("張",)]


async def test_a_statement_without_rows_returns_none(line: Line) -> None:
    assert await line.execute("SET application_name = 'x'") == []


async def test_the_connection_is_kept_and_its_waits_have_bounds(line: Line) -> None:
    ask = "SELECT pg_backend_pid(), current_setting('statement_timeout'), current_setting('lock_timeout')"

    first, second = await asyncio.gather(line.execute(ask), line.execute(ask))

    assert first == second
    assert first[0][1:] == ("8s", "1s")


async def test_a_connection_that_died_is_replaced_unnoticed(line: Line) -> None:
    await terminate(line)

    assert await line.execute("SELECT 1") == [(1,)]


async def test_after_closing_it_connects_anew(line: Line) -> None:
    await line.execute("SELECT 1")

    await line.close()

    assert await line.execute("SELECT 1") == [(1,)]


async def test_a_statement_that_kills_fresh_connections_is_not_tried_for_ever(line: Line) -> None:
    with pytest.raises(Unavailable):
        await line.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert await line.execute("SELECT 1") == [(1,)]


async def test_a_lost_race_is_run_again(line: Line) -> None:
    await line.execute("CREATE SEQUENCE line_attempts")
    loses_twice = """
        DO $$ BEGIN
            IF nextval('line_attempts') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF;
        END $$
    """

    try:
        await line.execute(loses_twice)
        attempts = await line.execute("SELECT last_value FROM line_attempts")
    finally:
        await line.execute("DROP SEQUENCE line_attempts")

    assert attempts == [(3,)]


async def test_a_race_that_is_always_lost_ends(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def pause(attempt: int, *, jitter: float) -> float:
        tried.append(attempt)
        return 0.0

    monkeypatch.setattr(module, "pause_before_attempt", pause)

    with pytest.raises(Unavailable):
        await line.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40P01'; END $$")

    assert tried == list(range(2, MAX_ATTEMPTS))
    assert await line.execute("SELECT 1") == [(1,)]


async def test_a_defect_is_raised_as_it_is_and_the_connection_goes_on(line: Line) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await line.execute("SELECT nonsense")

    assert await line.execute("SELECT 1") == [(1,)]


async def test_a_lock_that_someone_keeps_is_not_waited_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT_MS", 1)
    async with await psycopg.AsyncConnection.connect(database.conninfo()) as other:
        await other.execute("LOCK TABLE tenants_tenant IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(Unavailable):
            await line.execute("SELECT count(*) FROM tenants_tenant")

    assert await line.execute("SELECT count(*) FROM tenants_tenant") == [(0,)]


async def test_a_statement_that_takes_too_long_is_given_up(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    await line.execute("SELECT 1")
    monkeypatch.setattr(module, "EXECUTE_WITHIN_S", 0.01)

    with pytest.raises(Unavailable):
        await line.execute("SELECT pg_sleep(30)")

    monkeypatch.undo()
    assert await line.execute("SELECT 1") == [(1,)]


async def test_a_database_that_is_away_is_said_to_be() -> None:
    with socket.socket() as nobody:  # bound, but nobody listens
        nobody.bind(("127.0.0.1", 0))
        line = Line(make_conninfo("", host="127.0.0.1", port=nobody.getsockname()[1]))

        with pytest.raises(Unavailable):
            await line.execute("SELECT 1")

    await line.close()


async def test_a_connection_that_can_not_be_prepared_is_not_kept(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATEMENT_TIMEOUT_MS", "nonsense")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        await line.execute("SELECT 1")

    monkeypatch.undo()

    assert await line.execute("SELECT current_setting('statement_timeout')") == [("8s",)]
