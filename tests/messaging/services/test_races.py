"""Writes at the same moment, each over a connection of its own, under both isolation levels a database may have."""

import threading
from collections.abc import Iterator
from uuid import UUID

import msgspec
import psycopg
import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation, Member
from apps.messaging import selectors
from apps.messaging.errors import ConversationNotFound, MessageIdConflict
from apps.messaging.models import Event, Log
from apps.messaging.services import conversations
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.services.sending import send_message_sync
from apps.messaging.store.direct import append_in_transaction
from apps.wire.frames import Ack
from apps.wire.ids import ConversationId, encode_message_id
from tests.messaging.hearing import Heard
from tests.messaging.messages import NOW_MS, draft_of, message_id, sender_of, text_body
from tests.messaging.racing import ISOLATIONS, race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("isolation", ISOLATIONS),
]


def send(user: User, conversation: Conversation, number: int | None = None) -> tuple[Ack, bool]:
    return send_message_sync(
        sender_of(user),
        message_id=encode_message_id(message_id(user.id, number)),
        conversation_id=ConversationId(conversation.pk),
        kind="text",
        body=text_body("hello"),
        now_ms=NOW_MS,
    )


def log(conversation: Conversation) -> list[Event]:
    """The whole log, which has no gaps and ends where its counter says."""
    tenant_id = conversation.tenant_id
    events = list(Event.objects.for_tenant(tenant_id).filter(conversation=conversation).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert Log.objects.for_tenant(tenant_id).get(conversation=conversation).max_seq == len(events)
    return events


def told(heard: Heard, conversation: Conversation) -> list[int]:
    events = [frame for frame in heard.frames if frame["op"] == "event"]
    return sorted(frame["seq"] for frame in events if frame["conversation"] == str(conversation.pk))


def test_two_people_begin_one_direct_conversation(alice: User, bob: User, heard: Heard, isolation: str) -> None:
    (mine, first), (yours, second) = race(
        lambda: conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS),
        lambda: conversations.start_direct(bob, other_id=alice.id, now_ms=NOW_MS),
        isolation=isolation,
    )

    assert mine == yours
    assert sorted([first, second]) == [False, True]
    assert len(log(mine)) == 1
    assert told(heard, mine) == [1]


def test_additions_follow_each_other(alice: User, bob: User, carol: User, heard: Heard, isolation: str) -> None:
    group = conversations.start_group(alice, title="Lunch", member_ids=[], now_ms=NOW_MS)

    def add(user: User) -> list[UUID]:
        return conversations.add_members(alice, conversation=group, user_ids=[user.id], now_ms=NOW_MS)

    added = race(lambda: add(bob), lambda: add(carol), lambda: add(carol), isolation=isolation)

    assert sorted(map(len, added)) == [0, 1, 1]
    joined = {UUID(msgspec.json.decode(bytes(event.body))["members"][0]): event.seq for event in log(group)[1:]}
    members = Member.objects.for_tenant(alice.tenant_id).filter(conversation=group).exclude(user=alice)
    assert {member.user_id: member.join_seq for member in members} == joined
    assert Log.objects.for_tenant(alice.tenant_id).get().members_epoch == 2
    assert told(heard, group) == [1, 2, 3]


def test_one_id_is_stored_and_told_once(alice: User, group: Conversation, heard: Heard, isolation: str) -> None:
    answers = race(*[lambda: send(alice, group, 1)] * 4, isolation=isolation)

    assert len({ack.seq for ack, _ in answers}) == 1
    assert sorted(repeated for _, repeated in answers) == [False, True, True, True]
    assert len(log(group)) == 2
    assert told(heard, group) == [2]


def test_one_id_in_two_conversations_is_one_message_and_a_conflict(
    alice: User, group: Conversation, direct: Conversation, heard: Heard, isolation: str
) -> None:
    answers = race(lambda: send(alice, group, 1), lambda: send(alice, direct, 1), isolation=isolation)

    assert sorted(isinstance(answer, MessageIdConflict) for answer in answers) == [False, True]
    assert len(log(group)) + len(log(direct)) == 3
    assert len(heard.sent) == 1


def test_messages_of_many_get_consecutive_seqs(
    alice: User, bob: User, group: Conversation, heard: Heard, isolation: str
) -> None:
    answers = race(*[lambda user=user: send(user, group) for user in (alice, bob) * 3], isolation=isolation)

    assert sorted(ack.seq for ack, _ in answers) == [2, 3, 4, 5, 6, 7]
    assert len(log(group)) == 7
    assert told(heard, group) == [2, 3, 4, 5, 6, 7]


def test_nobody_writes_after_being_removed(alice: User, bob: User, group: Conversation, isolation: str) -> None:
    def remove() -> None:
        conversations.remove_member(alice, conversation=group, user_id=bob.id, now_ms=NOW_MS)

    *answers, _ = race(*[lambda: send(bob, group)] * 3, remove, isolation=isolation)

    events = log(group)
    removed_at = next(event.seq for event in events if event.kind == "members_removed")
    sent = [answer[0].seq for answer in answers if not isinstance(answer, ConversationNotFound)]
    assert all(seq < removed_at for seq in sent)
    assert len(events) == 2 + len(sent)


def test_the_furthest_position_stays(alice: User, bob: User, group: Conversation, heard: Heard, isolation: str) -> None:
    append_in_transaction([draft_of(alice, group) for _ in range(5)], now_ms=NOW_MS)

    def advance(seq: int) -> int:
        return advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=seq).read_seq

    answers = race(*[lambda seq=seq: advance(seq) for seq in (3, 6, 4, 5)], isolation=isolation)

    state = selectors.conversation_state_sync(bob.tenant_id, bob.id, group.pk)
    assert (state.read_seq, state.delivered_seq, state.unread) == (6, 6, 0)
    assert all(answer >= seq for answer, seq in zip(answers, (3, 6, 4, 5), strict=True))
    told_positions = {frame["read_seq"] for frame in heard.frames}
    assert 6 in told_positions
    assert len(heard.sent) == len(told_positions)


class Undone(Exception):
    """Rolls a transaction back."""


class TestAnIdOnItsWay:
    """The same id waits, uncommitted, in another conversation: only its end tells what the second one is."""

    @pytest.fixture
    def observer(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(database.conninfo(), autocommit=True) as connection:
            yield connection

    def wait_for_lock(self, observer: psycopg.Connection) -> None:
        """Until a session of this database waits for another's transaction."""
        for _ in range(1000):
            row = observer.execute(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock' AND pg_sleep(0.01) IS NOT NULL"""
            ).fetchone()
            if row and row[0]:
                return
        raise AssertionError("nobody waits")

    @pytest.mark.parametrize("commits", [True, False])
    def test_the_second_waits_and_looks_again(
        self,
        alice: User,
        group: Conversation,
        direct: Conversation,
        observer: psycopg.Connection,
        isolation: str,
        commits: bool,
    ) -> None:
        started = threading.Event()

        def first() -> None:
            try:
                with transaction.atomic():
                    append_in_transaction([draft_of(alice, direct, number=1)], now_ms=NOW_MS)
                    started.set()
                    self.wait_for_lock(observer)
                    if not commits:
                        raise Undone
            except Undone:
                pass

        def second() -> tuple[Ack, bool]:
            started.wait(timeout=10)
            return send(alice, group, 1)

        _, answer = race(first, second, isolation=isolation)

        assert isinstance(answer, MessageIdConflict) is commits
        assert len(log(group)) == (1 if commits else 2)
        assert len(log(direct)) == (2 if commits else 1)
