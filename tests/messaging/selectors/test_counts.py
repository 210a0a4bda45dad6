"""Unread counts at their bounds, and what counts as a change, over real rows."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.common.clock import now_ms, to_datetime, to_ms
from apps.conversations.models import Conversation
from apps.messaging import selectors
from apps.messaging.models import Cursor, Log
from apps.messaging.selectors import queries
from apps.messaging.services import conversations
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.store.direct import append_in_transaction
from apps.wire.frames import UNREAD_CAP
from apps.wire.ids import ConversationId
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db

LONG_AGO_MS = 1_000_000_000_000

MANY_EVENTS = """
INSERT INTO messaging_event
    (conversation_id, seq, tenant_id, message_id, kind, sender_id, created_at, countable, body, digest)
SELECT %s, n, %s, decode(lpad(to_hex(n), 96, '0'), 'hex'), 'text', %s, %s, true, '{}', decode(repeat('0', 32), 'hex')
FROM generate_series(%s, %s) AS n
"""


def fill(group: Conversation, sender: User, *, upto: int, at: datetime | None = None) -> None:
    """Messages of one sender from the log's end up to a seq, in one statement."""
    log = Log.objects.for_tenant(group.tenant_id).get(conversation=group)
    place = (group.pk, group.tenant_id, sender.id, at or to_datetime(NOW_MS), log.max_seq + 1, upto)
    with connection.cursor() as cursor:
        cursor.execute(MANY_EVENTS, place)
    log.max_seq = upto
    log.save()


def unread(user: User, group: Conversation) -> int:
    counted = selectors.conversation_state_sync(user.tenant_id, user.id, group.pk).unread
    assert selectors.conversation_view_sync(user.tenant_id, user.id, group.pk).state.unread == counted
    assert selectors.list_conversations_sync(user.tenant_id, user.id, "", 10).items[0].state.unread == counted
    assert selectors.changed_since_sync([selectors.Since(user.tenant_id, user.id, 0)], 10)[0][0].unread == counted
    return counted


class TestUnread:
    @pytest.mark.parametrize(("messages", "expected"), [(998, 998), (999, 999), (1000, 999), (3000, 999)])
    def test_it_is_exact_up_to_the_cap(
        self, bob: User, alice: User, group: Conversation, messages: int, expected: int
    ) -> None:
        fill(group, alice, upto=1 + messages)

        assert UNREAD_CAP == 999
        assert unread(bob, group) == expected
        assert unread(alice, group) == 0

    def test_others_messages_are_found_below_many_of_ones_own(
        self, alice: User, bob: User, group: Conversation
    ) -> None:
        fill(group, alice, upto=4)
        fill(group, bob, upto=queries.UNREAD_SCAN + 1)

        assert unread(bob, group) == 3

    def test_beyond_the_scan_they_are_not_looked_for(self, alice: User, bob: User, group: Conversation) -> None:
        fill(group, alice, upto=4)
        fill(group, bob, upto=queries.UNREAD_SCAN + 4)

        assert unread(bob, group) == 0

    def test_events_of_the_server_and_of_the_time_before_a_second_joining_do_not_count(
        self, alice: User, bob: User, group: Conversation
    ) -> None:
        fill(group, alice, upto=4)
        conversations.remove_member(bob, conversation=group, user_id=bob.id, now_ms=NOW_MS)
        fill(group, alice, upto=9)
        conversations.add_members(alice, conversation=group, user_ids=[bob.id], now_ms=NOW_MS)
        assert unread(bob, group) == 0

        fill(group, alice, upto=11)
        conversations.set_role(alice, conversation=group, user_id=bob.id, role="admin", now_ms=NOW_MS)

        assert unread(bob, group) == 1
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=11)
        assert unread(bob, group) == 0

    def test_a_position_from_an_earlier_membership_does_not_reach_back(
        self, alice: User, bob: User, group: Conversation
    ) -> None:
        fill(group, alice, upto=6)
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=3)
        conversations.remove_member(alice, conversation=group, user_id=bob.id, now_ms=NOW_MS)
        conversations.add_members(alice, conversation=group, user_ids=[bob.id], now_ms=NOW_MS)
        append_in_transaction([draft_of(alice, group)], now_ms=NOW_MS)

        state = selectors.conversation_state_sync(bob.tenant_id, bob.id, group.pk)

        assert (state.first_seq, state.read_seq, state.unread) == (8, 3, 1)


class TestChanges:
    """The log's last event is long ago here, so that only the positions can be what has changed."""

    @pytest.fixture
    def old_group(self, alice: User, bob: User) -> Conversation:
        return conversations.start_group(alice, title="Old", member_ids=[bob.id], now_ms=LONG_AGO_MS)

    def changed(self, user: User, since_ms: int) -> list[Any]:
        (found,) = selectors.changed_since_sync([selectors.Since(user.tenant_id, user.id, since_ms)], 10)
        return [state.conversation for state in found]

    def test_a_position_that_grew_is_a_change_for_its_user_only(
        self, alice: User, bob: User, old_group: Conversation
    ) -> None:
        since_ms = now_ms() - 60_000
        assert self.changed(bob, since_ms) == []
        advance_cursor(bob, conversation_id=ConversationId(old_group.pk), read_seq=1)

        assert self.changed(bob, since_ms) == [old_group.pk]
        assert self.changed(alice, since_ms) == []

    def test_a_position_that_stayed_is_none(self, bob: User, old_group: Conversation) -> None:
        advance_cursor(bob, conversation_id=ConversationId(old_group.pk), read_seq=1)
        rows = Cursor.objects.for_tenant(bob.tenant_id)
        rows.update(updated_at=to_datetime(LONG_AGO_MS))

        advance_cursor(bob, conversation_id=ConversationId(old_group.pk), read_seq=1)

        assert rows.get().updated_at == to_datetime(LONG_AGO_MS)
        assert self.changed(bob, to_ms(timezone.now()) - 60_000) == []

    @pytest.mark.parametrize("since_ms", [253_402_300_799_999, 253_402_300_800_000, (1 << 53) - 1])
    def test_nothing_has_changed_since_the_end_of_time(self, bob: User, old_group: Conversation, since_ms: int) -> None:
        assert self.changed(bob, since_ms) == []
