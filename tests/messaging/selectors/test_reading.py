"""Both drivers give the same answers; the live one outlives a restart of the database."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging import runtime, selectors
from apps.messaging.errors import Busy, ConversationNotFound, Unavailable
from apps.messaging.selectors.reading import ATTEMPTS, Reading, live
from apps.messaging.store.direct import append_in_transaction
from tests.messaging.messages import NOW_MS, draft_of

Selector = Callable[..., Any]


def read_number() -> Reading[int]:
    rows = yield "SELECT 1 + %s", (1,)
    return int(rows[0][0])


async def test_both_drivers_read_the_same(
    running: runtime.Runtime, alice: User, bob: User, group: Conversation
) -> None:
    append_in_transaction([draft_of(alice, group) for _ in range(3)], now_ms=NOW_MS)
    reader, place = (bob.tenant_id, bob.id), (bob.tenant_id, bob.id, group.pk)
    pairs: list[tuple[Selector, Selector, tuple[Any, ...]]] = [
        (selectors.sync_events, selectors.sync_events_sync, (*place, 0, 2)),
        (selectors.history, selectors.history_sync, place),
        (selectors.conversation_state, selectors.conversation_state_sync, place),
        (selectors.conversation_view, selectors.conversation_view_sync, place),
        (selectors.list_conversations, selectors.list_conversations_sync, (*reader, "", 10)),
        (selectors.list_members, selectors.list_members_sync, (*place, "", 10)),
        (selectors.changed_since, selectors.changed_since_sync, ([selectors.Since(*reader, 0)], 10)),
    ]

    for on_the_loop, on_django, arguments in pairs:
        answer = await on_the_loop(*arguments)

        assert answer == on_django(*arguments), on_the_loop.__name__
        assert answer


async def test_refusals_come_through(running: runtime.Runtime, carol: User, eve: User, group: Conversation) -> None:
    for outsider in (carol, eve):
        place = (outsider.tenant_id, outsider.id, group.pk)
        refused: list[Coroutine[Any, Any, Any]] = [
            selectors.sync_events(*place, 0, 10),
            selectors.history(*place),
            selectors.conversation_state(*place),
            selectors.conversation_view(*place),
            selectors.list_members(*place, "", 10),
        ]
        for reading in refused:
            with pytest.raises(ConversationNotFound):
                await reading
        assert (await selectors.list_conversations(outsider.tenant_id, outsider.id, "", 10)).items == []
        assert await selectors.changed_since([selectors.Since(outsider.tenant_id, outsider.id, 0)], 10) == [[]]


async def test_a_connection_killed_by_the_server_is_replaced(running: runtime.Runtime) -> None:
    async with running.pool.connection() as borrowed:
        pid = borrowed.info.backend_pid
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as connection:
        await connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    assert await live(read_number)() == 2


async def test_a_restart_that_killed_every_connection_is_not_noticed(running: runtime.Runtime) -> None:
    async with AsyncExitStack() as stack:
        pool = [await stack.enter_async_context(running.pool.connection()) for _ in range(runtime.POOL_MAX_SIZE)]
        pids = [borrowed.info.backend_pid for borrowed in pool]
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as connection:
        await connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", (pids,))

    assert await live(read_number)() == 2


async def test_a_statement_that_always_kills_its_connection_is_given_up(running: runtime.Runtime) -> None:
    begun: list[int] = []

    def read_and_die() -> Reading[None]:
        begun.append(1)
        yield "SELECT pg_terminate_backend(pg_backend_pid())", ()

    with pytest.raises(Unavailable):
        await live(read_and_die)()

    assert len(begun) == ATTEMPTS
    assert await live(read_number)() == 2


async def test_a_defect_is_raised_as_it_is_and_the_connection_goes_on(running: runtime.Runtime) -> None:
    begun: list[int] = []

    def read_nonsense() -> Reading[None]:
        begun.append(1)
        yield "SELECT nonsense", ()

    with pytest.raises(psycopg.errors.UndefinedColumn):
        await live(read_nonsense)()

    assert len(begun) == 1
    assert await live(read_number)() == 2


async def test_a_full_pool_refuses_at_its_bound_and_makes_others_wait_for_a_while(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"POOL_MAX_SIZE": 1, "MAX_WAITING": 1, "POOL_TIMEOUT_S": 0.3}.items():
        monkeypatch.setattr(runtime, name, value)
    started = await runtime.start()
    try:
        async with started.pool.connection():
            waiting = asyncio.create_task(live(read_number)())
            while not started.pool.get_stats().get("requests_waiting"):  # noqa: ASYNC110 - the pool has no event
                await asyncio.sleep(0)

            with pytest.raises(Busy):
                await live(read_number)()
            with pytest.raises(Unavailable):
                await waiting
        assert await live(read_number)() == 2
    finally:
        await runtime.stop()


async def test_without_a_runtime_it_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await live(read_number)()


def test_djangos_driver_reads_within_the_callers_transaction(alice: User, group: Conversation) -> None:
    place = (alice.tenant_id, alice.id, group.pk)

    with transaction.atomic():
        append_in_transaction([draft_of(alice, group)], now_ms=NOW_MS)
        inside = selectors.conversation_state_sync(*place).max_seq
        transaction.set_rollback(True)

    assert (inside, selectors.conversation_state_sync(*place).max_seq) == (2, 1)
