"""Positions are gathered, coalesced, clamped, written in one statement, and only grow."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging.models import Cursor
from apps.messaging.store.cursors import CursorWriter, Grown
from apps.messaging.store.direct import append_in_transaction
from apps.wire.ids import ConversationId, TenantId, UserId
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def borrow() -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as connection:
        yield connection


class Heard:
    def __init__(self) -> None:
        self.cursors: list[Grown] = []

    async def __call__(self, grown: Sequence[Grown]) -> None:
        self.cursors.extend(grown)


def note(writer: CursorWriter, user: User, group: Conversation, *, delivered: int = 0, read: int = 0) -> bool:
    return writer.note(
        TenantId(user.tenant_id), ConversationId(group.pk), UserId(user.id), delivered_seq=delivered, read_seq=read
    )


def stored(user: User, group: Conversation) -> tuple[int, int] | None:
    rows = Cursor.objects.for_tenant(user.tenant_id).filter(conversation=group, user=user)
    return rows.values_list("delivered_seq", "read_seq").first()


@pytest.fixture
def long_group(alice: User, group: Conversation) -> Conversation:
    """A group with ten events."""
    append_in_transaction([draft_of(alice, group) for _ in range(9)], now_ms=NOW_MS)
    return group


async def test_notes_are_coalesced_and_only_grow(bob: User, long_group: Conversation) -> None:
    heard = Heard()
    writer = CursorWriter(borrow, tell=heard)
    for delivered, read in ((3, 0), (2, 0), (5, 4), (0, 1)):
        note(writer, bob, long_group, delivered=delivered, read=read)
    assert writer.pending == 1
    await writer.flush()
    assert writer.pending == 0
    note(writer, bob, long_group, delivered=4, read=2)

    await writer.flush()

    assert stored(bob, long_group) == (5, 4)
    assert [(grown.delivered_seq, grown.read_seq) for grown in heard.cursors] == [(5, 4)]


async def test_reading_implies_having_received(bob: User, long_group: Conversation) -> None:
    writer = CursorWriter(borrow)
    note(writer, bob, long_group, read=6)

    await writer.flush()

    assert stored(bob, long_group) == (6, 6)


async def test_a_position_past_the_end_stops_at_the_end(bob: User, long_group: Conversation) -> None:
    writer = CursorWriter(borrow)
    note(writer, bob, long_group, delivered=10**15, read=(1 << 63) - 1)

    await writer.flush()

    assert stored(bob, long_group) == (10, 10)


async def test_who_is_no_member_has_no_position(carol: User, eve: User, long_group: Conversation) -> None:
    heard = Heard()
    writer = CursorWriter(borrow, tell=heard)
    note(writer, carol, long_group, read=3)
    note(writer, eve, long_group, read=3)

    await writer.flush()

    assert (stored(carol, long_group), stored(eve, long_group), heard.cursors) == (None, None, [])


async def test_a_member_can_not_claim_another_tenant(bob: User, eve: User, long_group: Conversation) -> None:
    writer = CursorWriter(borrow)
    writer.note(TenantId(eve.tenant_id), ConversationId(long_group.pk), UserId(bob.id), read_seq=3)

    await writer.flush()

    assert stored(bob, long_group) is None


async def test_the_other_members_watch(alice: User, bob: User, long_group: Conversation) -> None:
    heard = Heard()
    writer = CursorWriter(borrow, tell=heard)
    note(writer, bob, long_group, delivered=2)

    await writer.flush()

    assert set(heard.cursors[0].watcher_ids) == {alice.id, bob.id}


async def test_nobody_watches_in_a_large_conversation(bob: User, long_group: Conversation) -> None:
    Conversation.objects.for_tenant(bob.tenant_id).filter(pk=long_group.pk).update(member_count=101)
    heard = Heard()
    writer = CursorWriter(borrow, tell=heard)
    note(writer, bob, long_group, delivered=2)

    await writer.flush()

    assert heard.cursors[0].watcher_ids == ()


async def test_notes_are_written_behind_and_at_the_end(alice: User, bob: User, long_group: Conversation) -> None:
    written = asyncio.Event()

    async def tell(grown: Sequence[Grown]) -> None:
        written.set()

    writer = CursorWriter(borrow, tell=tell, interval_s=0.01)
    await writer.start()
    note(writer, bob, long_group, delivered=2)
    await asyncio.wait_for(written.wait(), 5)
    note(writer, alice, long_group, delivered=3)

    await writer.close()

    assert (stored(bob, long_group), stored(alice, long_group)) == ((2, 0), (3, 0))


async def test_at_half_of_the_bound_it_does_not_wait_for_the_interval(bob: User, long_group: Conversation) -> None:
    written = asyncio.Event()

    async def tell(grown: Sequence[Grown]) -> None:
        written.set()

    writer = CursorWriter(borrow, tell=tell, interval_s=3600, max_pending=2)
    await writer.start()

    note(writer, bob, long_group, delivered=2)

    await asyncio.wait_for(written.wait(), 5)
    await writer.close()


async def test_at_the_bound_further_members_are_dropped_but_known_ones_grow(
    alice: User, bob: User, long_group: Conversation
) -> None:
    writer = CursorWriter(borrow, max_pending=1)

    accepted = [
        note(writer, bob, long_group, delivered=2),
        note(writer, alice, long_group, delivered=2),
        note(writer, bob, long_group, delivered=3),
    ]

    assert accepted == [True, False, True]


async def test_what_the_database_refused_is_kept_and_written_later(bob: User, long_group: Conversation) -> None:
    away = True

    @asynccontextmanager
    async def borrow_sometimes() -> AsyncIterator[psycopg.AsyncConnection]:
        if away:
            raise psycopg.OperationalError("away")
        async with borrow() as connection:
            yield connection

    writer = CursorWriter(borrow_sometimes)
    note(writer, bob, long_group, delivered=4)
    with pytest.raises(psycopg.OperationalError):
        await writer.flush()
    note(writer, bob, long_group, delivered=2, read=2)
    away = False

    await writer.flush()

    assert stored(bob, long_group) == (4, 2)


async def test_it_goes_on_after_an_outage_and_closes_during_one(
    bob: User, long_group: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()

    @asynccontextmanager
    async def borrow_nothing() -> AsyncIterator[psycopg.AsyncConnection]:
        failed.set()
        async with await psycopg.AsyncConnection.connect("host=127.0.0.1 port=1") as connection:
            yield connection

    writer = CursorWriter(borrow_nothing, interval_s=0.01)
    await writer.start()
    note(writer, bob, long_group, delivered=4)
    await asyncio.wait_for(failed.wait(), 5)

    await writer.close()

    assert "cursors can't be written" in caplog.text
    assert "cursors of 1 members were not written" in caplog.text


async def test_more_notes_than_a_statement_takes_are_all_written(
    bob: User, long_group: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.messaging.store.cursors.MAX_ROWS_PER_STATEMENT", 1)
    writer = CursorWriter(borrow)
    for number in range(3):
        writer.note(TenantId(bob.tenant_id), ConversationId(UUID(int=number)), UserId(bob.id), read_seq=1)
    note(writer, bob, long_group, read=1)

    await writer.flush()

    assert stored(bob, long_group) == (1, 1)
