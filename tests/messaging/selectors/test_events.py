"""Pages of a log: both ways, gaps, starting over, bounds, and two queries each."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging.errors import ConversationNotFound
from apps.messaging.selectors import events as pages
from apps.messaging.selectors import history_sync, sync_events_sync
from apps.messaging.services import conversations
from apps.messaging.store.direct import append_in_transaction
from apps.wire.frames import Events
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_group(alice: User, group: Conversation) -> Conversation:
    """A group with ten events."""
    append_in_transaction([draft_of(alice, group, f"{n}") for n in range(2, 11)], now_ms=NOW_MS)
    return group


def after(user: User, group: Conversation, seq: int, limit: int = 100) -> Events:
    return sync_events_sync(user.tenant_id, user.id, group.pk, seq, limit)


def seqs(page: Events) -> list[int]:
    return [event.seq for event in page.events]


class TestSync:
    def test_events_come_in_order_with_what_was_sent(self, alice: User, bob: User, long_group: Conversation) -> None:
        page = after(bob, long_group, 8)

        assert (seqs(page), page.max_seq, page.more, page.gap_to, page.start_over) == ([9, 10], 10, False, 0, False)
        assert (bytes(page.events[0].body), page.events[0].sender) == (b'{"text":"9"}', alice.id)

    def test_more_says_that_the_page_is_not_the_end(self, bob: User, long_group: Conversation) -> None:
        assert (seqs(after(bob, long_group, 0, 3)), after(bob, long_group, 0, 3).more) == ([1, 2, 3], True)
        assert (seqs(after(bob, long_group, 7, 3)), after(bob, long_group, 7, 3).more) == ([8, 9, 10], False)

    def test_at_the_end_there_is_nothing(self, bob: User, long_group: Conversation) -> None:
        page = after(bob, long_group, 10)

        assert (seqs(page), page.more, page.start_over) == ([], False, False)

    def test_beyond_the_end_the_client_starts_over(self, bob: User, long_group: Conversation) -> None:
        page = after(bob, long_group, 11)

        assert (seqs(page), page.start_over, page.max_seq) == ([], True, 10)

    def test_what_was_before_joining_is_a_gap(self, alice: User, carol: User, long_group: Conversation) -> None:
        conversations.add_members(alice, conversation=long_group, user_ids=[carol.id], now_ms=NOW_MS)

        assert (seqs(after(carol, long_group, 3)), after(carol, long_group, 3).gap_to) == ([11], 10)
        assert after(carol, long_group, 10).gap_to == 0

    def test_a_page_is_bounded_in_bytes(
        self, bob: User, long_group: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 30)

        page = after(bob, long_group, 5)

        assert (seqs(page), page.more) == ([6, 7], True)

    def test_one_event_comes_however_large(
        self, bob: User, long_group: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 1)

        assert seqs(after(bob, long_group, 5)) == [6]


class TestHistory:
    def page(self, user: User, group: Conversation, **place: int) -> Events:
        return history_sync(user.tenant_id, user.id, group.pk, **place)

    def test_without_a_place_it_is_the_newest_page(self, bob: User, long_group: Conversation) -> None:
        page = self.page(bob, long_group, limit=3)

        assert (seqs(page), page.more, page.max_seq) == ([8, 9, 10], True, 10)

    def test_before(self, bob: User, long_group: Conversation) -> None:
        assert seqs(self.page(bob, long_group, before=4, limit=2)) == [2, 3]
        assert (seqs(self.page(bob, long_group, before=3, limit=2))) == [1, 2]
        assert not self.page(bob, long_group, before=3, limit=2).more
        assert seqs(self.page(bob, long_group, before=1 << 62, limit=1)) == [10]

    def test_after(self, bob: User, long_group: Conversation) -> None:
        assert seqs(self.page(bob, long_group, after=4, limit=2)) == [5, 6]

    def test_nothing_from_before_joining(self, alice: User, carol: User, long_group: Conversation) -> None:
        conversations.add_members(alice, conversation=long_group, user_ids=[carol.id], now_ms=NOW_MS)

        page = self.page(carol, long_group, limit=50)

        assert (seqs(page), page.more) == ([11], False)


@pytest.mark.parametrize("read", [sync_events_sync, lambda *args: history_sync(*args[:3])])
def test_outsiders_and_other_tenants_find_nothing(read: Any, carol: User, eve: User, group: Conversation) -> None:
    for outsider in (carol, eve):
        with pytest.raises(ConversationNotFound):
            read(outsider.tenant_id, outsider.id, group.pk, 0, 10)


def test_each_page_takes_two_queries(bob: User, long_group: Conversation, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        after(bob, long_group, 0)
    with django_assert_num_queries(2):
        history_sync(bob.tenant_id, bob.id, long_group.pk, before=5)
