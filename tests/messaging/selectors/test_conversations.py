"""The conversation list: order, pages, unread, last events, members; what one may see; a fixed number of queries."""

from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import selectors
from apps.messaging.errors import ConversationNotFound, InvalidCursor
from apps.messaging.selectors import queries
from apps.messaging.selectors.conversations import LISTED_MEMBERS, read_went_on
from apps.messaging.selectors.reading import blocking
from apps.messaging.services import conversations
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.store.direct import append_in_transaction
from apps.wire.frames import ConversationState, ConversationView
from apps.wire.ids import ConversationId
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db


def say(user: User, group: Conversation, *, count: int = 1, now_ms: int = NOW_MS) -> None:
    append_in_transaction([draft_of(user, group) for _ in range(count)], now_ms=now_ms)


def state(user: User, group: Conversation) -> ConversationState:
    return selectors.conversation_state_sync(user.tenant_id, user.id, group.pk)


def listed(user: User, cursor: str = "", limit: int = 50) -> list[ConversationView]:
    return selectors.list_conversations_sync(user.tenant_id, user.id, cursor, limit).items


class TestUnread:
    def test_others_messages_count_own_ones_and_the_servers_do_not(
        self, alice: User, bob: User, group: Conversation
    ) -> None:
        say(alice, group, count=3)
        say(bob, group, count=2)
        conversations.rename(alice, conversation=group, title="Dinner", now_ms=NOW_MS)

        assert (state(bob, group).unread, state(alice, group).unread) == (3, 2)

    def test_what_was_read_does_not_count(self, alice: User, bob: User, group: Conversation) -> None:
        say(alice, group, count=5)
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=4)

        assert state(bob, group) == ConversationState(group.pk, 6, 1, 4, 4, 2)

    def test_what_was_before_joining_does_not_count(self, alice: User, carol: User, group: Conversation) -> None:
        say(alice, group, count=5)
        conversations.add_members(alice, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)
        say(alice, group)

        assert (state(carol, group).unread, state(carol, group).first_seq) == (1, 7)

    def test_it_stops_at_the_cap(
        self, alice: User, bob: User, group: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.messaging.selectors.conversations.UNREAD_CAP", 3)
        say(alice, group, count=5)

        assert state(bob, group).unread == 3

    def test_the_scan_is_bounded(self) -> None:
        assert f"LIMIT {queries.UNREAD_SCAN}" in queries.STATE


class TestTheList:
    def test_the_latest_event_comes_first(self, alice: User, bob: User, group: Conversation) -> None:
        direct, _ = conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS + 1)
        say(bob, group, now_ms=NOW_MS + 2)

        assert [view.state.conversation for view in listed(alice)] == [group.pk, direct.pk]

    def test_a_row_says_what_a_client_shows(self, alice: User, bob: User, group: Conversation) -> None:
        say(alice, group, now_ms=NOW_MS + 9)
        advance_cursor(alice, conversation_id=ConversationId(group.pk), read_seq=2)

        (view,) = listed(bob)

        assert (view.kind, view.title, view.member_count, view.time) == ("group", "Lunch", 2, NOW_MS + 9)
        assert view.last is not None
        assert (view.last.seq, view.last.sender, bytes(view.last.body)) == (2, alice.id, b'{"text":"hello"}')
        assert [(m.user, m.name, m.role, m.read_seq) for m in view.members] == [
            (alice.id, "Alice", "owner", 2),
            (bob.id, "Bob", "member", 0),
        ]
        assert view == selectors.conversation_view_sync(bob.tenant_id, bob.id, group.pk)

    def test_a_direct_conversation_has_both_members_and_no_title(self, bob: User, direct: Conversation) -> None:
        (view,) = listed(bob)

        assert (view.kind, view.title, len(view.members)) == ("direct", "", 2)

    def test_pages_hold_everything_once_even_at_equal_times(self, alice: User, bob: User) -> None:
        made = {conversations.start_group(alice, title=f"{n}", member_ids=[], now_ms=NOW_MS).pk for n in range(5)}
        seen: list[UUID] = []
        cursor = ""
        for _ in range(3):
            page = selectors.list_conversations_sync(alice.tenant_id, alice.id, cursor, 2)
            seen += [view.state.conversation for view in page.items]
            cursor = page.next

        assert cursor == ""
        assert len(seen) == 5
        assert set(seen) == made
        assert listed(bob) == []

    @pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é", "f" * 32])
    def test_a_foreign_cursor_is_refused(self, alice: User, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            listed(alice, cursor)

    def test_its_queries_do_not_grow(self, alice: User, bob: User, django_assert_num_queries: Any) -> None:
        for number in range(5):
            conversations.start_group(alice, title=f"{number}", member_ids=[bob.id], now_ms=NOW_MS)

        with django_assert_num_queries(2):
            assert len(listed(alice)) == 5
        newest = listed(alice, limit=1)[0].state.conversation
        with django_assert_num_queries(2):
            selectors.conversation_view_sync(alice.tenant_id, alice.id, newest)


class TestChanges:
    def changed(self, user: User, since_ms: int, limit: int = 10) -> list[ConversationState]:
        (changed,) = selectors.changed_since_sync([selectors.Since(user.tenant_id, user.id, since_ms)], limit)
        return changed

    def test_conversations_with_events_since_then(self, alice: User, bob: User, group: Conversation) -> None:
        say(bob, group, now_ms=NOW_MS + 100)

        assert self.changed(alice, NOW_MS + 100) == [state(alice, group)]
        assert self.changed(alice, NOW_MS + 101) == []

    def test_conversations_whose_position_grew_on_another_terminal(
        self, alice: User, bob: User, group: Conversation
    ) -> None:
        future_ms = NOW_MS + 10**9
        assert self.changed(bob, 1) == [state(bob, group)]
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1)

        assert [s.read_seq for s in self.changed(bob, 1)] == [1]
        assert self.changed(bob, future_ms) == []

    def test_no_more_than_asked(self, alice: User) -> None:
        for number in range(3):
            conversations.start_group(alice, title=f"{number}", member_ids=[], now_ms=NOW_MS)

        assert len(self.changed(alice, 0, limit=2)) == 2

    def test_everyone_who_asks_is_told_her_own_in_one_query(
        self, alice: User, bob: User, carol: User, eve: User, group: Conversation, django_assert_num_queries: Any
    ) -> None:
        hers = conversations.start_group(alice, title="Mine", member_ids=[], now_ms=NOW_MS + 100)
        asked = [
            selectors.Since(user.tenant_id, user.id, since_ms)
            for user, since_ms in [(carol, 0), (alice, 0), (bob, 0), (alice, NOW_MS + 50), (eve, 0)]
        ]

        with django_assert_num_queries(1):
            changed = selectors.changed_since_sync(asked, 10)

        assert changed == [
            [],
            [state(alice, hers), state(alice, group)],
            [state(bob, group)],
            [state(alice, hers)],
            [],
        ]

    def test_a_user_under_anothers_tenant_is_told_nothing(self, bob: User, eve: User, group: Conversation) -> None:
        asked = [selectors.Since(eve.tenant_id, bob.id, 0), selectors.Since(bob.tenant_id, eve.id, 0)]

        assert selectors.changed_since_sync(asked, 10) == [[], []]

    def test_nobody_asks_in_vain(self, alice: User) -> None:
        assert selectors.changed_since_sync([], 10) == []


class TestMembers:
    def members(self, user: User, group: Conversation, cursor: str = "", limit: int = 50) -> Any:
        return selectors.list_members_sync(user.tenant_id, user.id, group.pk, cursor, limit)

    def test_pages_in_order_of_joining(self, alice: User, bob: User, carol: User, group: Conversation) -> None:
        conversations.add_members(alice, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)

        first, cursor = self.members(alice, group, limit=2)
        rest, end = self.members(alice, group, cursor, limit=2)

        assert [m.user for m in first + rest] == [alice.id, bob.id, carol.id]
        assert end == ""

    def test_an_empty_page_is_no_error_for_a_member(self, alice: User, group: Conversation) -> None:
        last = "_" * 22

        assert self.members(alice, group, last + "==") == ([], "")

    @pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é"])
    def test_a_foreign_cursor_is_refused(self, alice: User, group: Conversation, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            self.members(alice, group, cursor)

    def test_the_list_shows_the_first_few(self, alice: User, tenant: Any) -> None:
        from apps.accounts import services as accounts

        others = [accounts.create_user(tenant, username=f"u{n}", password="correct horse battery").id for n in range(9)]
        conversations.start_group(alice, title="All", member_ids=others, now_ms=NOW_MS)

        (view,) = listed(alice)

        assert (view.member_count, len(view.members)) == (10, LISTED_MEMBERS)


def test_outsiders_and_other_tenants_find_nothing(carol: User, eve: User, group: Conversation) -> None:
    for outsider in (carol, eve):
        place = (outsider.tenant_id, outsider.id, group.pk)
        with pytest.raises(ConversationNotFound):
            selectors.conversation_state_sync(*place)
        with pytest.raises(ConversationNotFound):
            selectors.conversation_view_sync(*place)
        with pytest.raises(ConversationNotFound):
            selectors.list_members_sync(*place, "", 10)
        assert listed(outsider) == []
        assert selectors.changed_since_sync([selectors.Since(outsider.tenant_id, outsider.id, 0)], 10) == [[]]


class TestWentOn:
    def went_on(self, tenant_id: UUID, users: list[User], since_ms: int, limit: int = 10) -> list[Any]:
        read = blocking(read_went_on)
        return read(tenant_id, [user.id for user in users], since_ms, limit)

    def test_each_users_conversations_with_an_event_since_then(
        self, alice: User, bob: User, carol: User, group: Conversation
    ) -> None:
        say(alice, group, now_ms=NOW_MS + 5_000)

        found = self.went_on(alice.tenant_id, [alice, bob, carol], NOW_MS + 5_000)

        assert found == sorted((user.id, group.pk, state(user, group).max_seq) for user in (alice, bob))
        assert self.went_on(alice.tenant_id, [alice, bob], NOW_MS + 5_001) == []

    def test_no_more_than_asked_for(self, alice: User, bob: User, group: Conversation) -> None:
        say(alice, group)

        assert len(self.went_on(alice.tenant_id, [alice, bob], 0, limit=1)) == 1

    def test_another_tenant_learns_nothing(self, alice: User, eve: User, group: Conversation) -> None:
        say(alice, group)

        assert self.went_on(eve.tenant_id, [alice, eve], 0) == []
