"""One connection's transactions: what they write, and what they leave behind when they fail."""

from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging.errors import ConversationNotFound
from apps.messaging.models import Event, Log
from apps.messaging.services import conversations
from apps.messaging.store.members import MemberCache
from apps.messaging.store.records import Committed
from apps.messaging.store.session import LogSession
from tests.messaging.messages import NOW_MS, draft_of
from tests.messaging.store.faults import Fault, faulty

pytestmark = pytest.mark.django_db(transaction=True)


def now_ms() -> int:
    return NOW_MS + 1


@pytest_asyncio.fixture
async def session(transactional_db: None) -> AsyncIterator[LogSession]:
    session = await LogSession.open(database.conninfo(), MemberCache())
    yield session
    await session.close()


async def test_a_batch_is_written_in_one_transaction(
    session: LogSession, alice: User, bob: User, group: Conversation
) -> None:
    outcomes = await session.append([draft_of(alice, group), draft_of(bob, group)], now_ms=now_ms)

    assert [outcome.seq for outcome in outcomes if isinstance(outcome, Committed)] == [2, 3]
    events = Event.objects.for_tenant(alice.tenant_id).filter(conversation=group, seq__gt=1).order_by("seq")
    assert [(event.sender_id, event.countable) for event in events] == [(alice.id, True), (bob.id, True)]
    log = Log.objects.for_tenant(alice.tenant_id).get(conversation=group)
    assert log.max_seq == 3


async def test_a_batch_of_refusals_writes_nothing_and_leaves_no_lock(
    session: LogSession, eve: User, alice: User, group: Conversation
) -> None:
    (refused,) = await session.append([draft_of(eve, group)], now_ms=now_ms)

    assert isinstance(refused, ConversationNotFound)
    async with await psycopg.AsyncConnection.connect(database.conninfo()) as other:
        await other.execute("SELECT 1 FROM messaging_log WHERE conversation_id = %s FOR UPDATE NOWAIT", (group.pk,))


async def test_a_new_member_is_heard_at_once(
    session: LogSession, alice: User, carol: User, group: Conversation
) -> None:
    (before,) = await session.append([draft_of(carol, group)], now_ms=now_ms)
    conversations.add_members(alice, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)

    (after,) = await session.append([draft_of(carol, group)], now_ms=now_ms)

    assert isinstance(before, ConversationNotFound)
    assert isinstance(after, Committed)
    assert carol.id in after.member_ids


async def test_an_id_taken_for_new_that_is_known_is_found_when_tried_again(
    session: LogSession, alice: User, group: Conversation
) -> None:
    draft = draft_of(alice, group)
    (first,) = await session.append([draft], now_ms=now_ms)

    with pytest.raises(psycopg.errors.UniqueViolation):
        await session.append([draft], now_ms=now_ms)
    (second,) = await session.append([draft], now_ms=now_ms, again=True)

    assert isinstance(first, Committed)
    assert isinstance(second, Committed)
    assert (second.seq, second.repeated) == (first.seq, True)
    assert not session.outcome_unknown


@pytest.mark.parametrize(("fault", "stored"), [(Fault.BEFORE_COMMIT, 1), (Fault.AFTER_COMMIT, 2)])
async def test_a_lost_answer_leaves_the_outcome_unknown(
    fault: Fault, stored: int, alice: User, group: Conversation
) -> None:
    session = await faulty([fault])(database.conninfo(), MemberCache())

    with pytest.raises(psycopg.OperationalError):
        await session.append([draft_of(alice, group)], now_ms=now_ms)

    assert session.outcome_unknown
    assert session.closed
    log = Log.objects.for_tenant(alice.tenant_id).get(conversation=group)
    assert log.max_seq == stored
