"""Both drivers give the same answers; the live one outlives a restart of the database."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout, TooManyRequests

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import runtime, selectors
from apps.messaging.errors import Busy, ConversationNotFound, Unavailable
from apps.messaging.selectors.reading import Reading, live
from apps.messaging.store.direct import append_in_transaction
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db(transaction=True)

Selector = Callable[..., Any]


def read_number() -> Reading[int]:
    rows = yield "SELECT 1 + %s", (1,)
    return int(rows[0][0])


@pytest.mark.parametrize(
    ("on_the_loop", "on_django", "arguments"),
    [
        (selectors.sync_events, selectors.sync_events_sync, ("conversation", 0, 2)),
        (selectors.history, selectors.history_sync, ("conversation",)),
        (selectors.conversation_state, selectors.conversation_state_sync, ("conversation",)),
        (selectors.conversation_view, selectors.conversation_view_sync, ("conversation",)),
        (selectors.list_conversations, selectors.list_conversations_sync, ("", 10)),
        (selectors.list_members, selectors.list_members_sync, ("conversation", "", 10)),
        (selectors.changed_since, selectors.changed_since_sync, (0, 10)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_both_drivers_read_the_same(
    on_the_loop: Selector,
    on_django: Selector,
    arguments: tuple[Any, ...],
    running: runtime.Runtime,
    alice: User,
    bob: User,
    group: Conversation,
) -> None:
    append_in_transaction([draft_of(alice, group) for _ in range(3)], now_ms=NOW_MS)
    place = [group.pk if value == "conversation" else value for value in arguments]

    answer = await on_the_loop(bob.tenant_id, bob.id, *place)

    assert answer == on_django(bob.tenant_id, bob.id, *place)


async def test_refusals_come_through(running: runtime.Runtime, eve: User, group: Conversation) -> None:
    with pytest.raises(ConversationNotFound):
        await selectors.sync_events(eve.tenant_id, eve.id, group.pk, 0, 10)


async def test_a_connection_killed_by_the_server_is_replaced(running: runtime.Runtime) -> None:
    async with running.pool.connection() as borrowed:
        pid = borrowed.info.backend_pid
    async with await psycopg.AsyncConnection.connect(runtime.conninfo(), autocommit=True) as connection:
        await connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    assert await live(read_number)() == 2


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [(psycopg.OperationalError, Unavailable), (PoolTimeout, Unavailable), (TooManyRequests, Busy)],
)
async def test_a_database_that_is_away_is_a_refusal(
    failure: type[Exception], refusal: type[Exception], running: runtime.Runtime
) -> None:
    def read_in_vain() -> Reading[int]:
        yield from ()
        raise failure("away")

    with pytest.raises(refusal):
        await live(read_in_vain)()
