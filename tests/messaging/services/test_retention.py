"""Retention: what goes, what stays, and what everybody sees of a log whose beginning is gone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.messaging import selectors
from apps.messaging.errors import MessageIdConflict
from apps.messaging.models import EXPIRED_KIND, Event, Log
from apps.messaging.selectors import queries
from apps.messaging.selectors.events import read_after
from apps.messaging.services import conversations, retention
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.services.retention import Expired, expire_events
from apps.messaging.store.direct import append_in_transaction
from apps.tenants.models import Tenant
from apps.wire.ids import ConversationId
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db

DAY_MS = 86_400_000
LATER_MS = NOW_MS + 10 * DAY_MS
KEPT_30_DAYS_LATER = to_datetime(LATER_MS) + timedelta(days=30)
"""When a tenant that keeps 30 days begins to lose what was sent before LATER_MS."""


@pytest.fixture
def keeping(tenant: Tenant) -> Tenant:
    """Messages are kept for 30 days."""
    tenant.retention_days = 30
    tenant.save()
    return tenant


@pytest.fixture
def aged(keeping: Tenant, alice: User, group: Conversation) -> Conversation:
    """A group with five events from the beginning and two from ten days later."""
    append_in_transaction([draft_of(alice, group, f"old {n}", number=n) for n in range(2, 6)], now_ms=NOW_MS)
    append_in_transaction([draft_of(alice, group, f"late {n}", number=n) for n in (6, 7)], now_ms=LATER_MS)
    return group


def kept(group: Conversation) -> list[int]:
    events = Event.objects.for_tenant(group.tenant_id).filter(conversation_id=group.pk)
    return list(events.exclude(kind=EXPIRED_KIND).order_by("seq").values_list("seq", flat=True))


class TestWhatGoes:
    def test_at_the_exact_day_nothing_goes_and_a_moment_later_it_does(self, aged: Conversation) -> None:
        day = to_datetime(NOW_MS) + timedelta(days=30)

        exact, a_moment_later = expire_events(now=day), expire_events(now=day + timedelta(milliseconds=1))

        assert (exact, a_moment_later) == ([Expired("acme", 0)], [Expired("acme", 5)])
        assert kept(aged) == [6, 7]

    def test_bodies_are_gone_and_ids_stay(self, alice: User, aged: Conversation) -> None:
        before = dict(Event.objects.for_tenant(alice.tenant_id).values_list("seq", "message_id"))

        expire_events(now=KEPT_30_DAYS_LATER)

        gone = Event.objects.for_tenant(alice.tenant_id).filter(kind=EXPIRED_KIND)
        assert {bytes(event.body) for event in gone} == {b"{}"}
        assert not any(event.countable for event in gone)
        after = dict(Event.objects.for_tenant(alice.tenant_id).values_list("seq", "message_id"))
        assert {seq: bytes(key) for seq, key in after.items()} == {seq: bytes(key) for seq, key in before.items()}

    def test_batches_and_pages_reach_everything(
        self, alice: User, bob: User, aged: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "BATCH_EVENTS", 2)
        monkeypatch.setattr(retention, "PAGE_LOGS", 1)
        others = [conversations.start_group(alice, title=f"{n}", member_ids=[bob.id], now_ms=NOW_MS) for n in range(3)]

        done = expire_events(now=KEPT_30_DAYS_LATER)

        assert done == [Expired("acme", 8)]
        assert [kept(each) for each in (aged, *others)] == [[6, 7], [], [], []]

    def test_a_run_that_was_interrupted_is_taken_up(self, aged: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "BATCH_EVENTS", 2)
        whole, batches = retention._expire_some, iter([True, False])

        def dying(*arguments: Any) -> int:
            if not next(batches):
                raise ConnectionError
            return whole(*arguments)

        monkeypatch.setattr(retention, "_expire_some", dying)
        with pytest.raises(ConnectionError):
            expire_events(now=KEPT_30_DAYS_LATER)
        halfway = kept(aged)
        monkeypatch.setattr(retention, "_expire_some", whole)

        expire_events(now=KEPT_30_DAYS_LATER)

        assert (halfway, kept(aged)) == ([3, 4, 5, 6, 7], [6, 7])

    def test_a_second_run_finds_nothing(self, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        assert expire_events(now=KEPT_30_DAYS_LATER) == [Expired("acme", 0)]

    def test_a_log_that_is_gone_meanwhile_is_passed_over(self, keeping: Tenant) -> None:
        assert retention._expire_some(keeping, UUID(int=1), KEPT_30_DAYS_LATER, None) == 0

    def test_a_tenant_without_a_limit_keeps_everything(self, eve: User, aged: Conversation) -> None:
        theirs = conversations.start_group(eve, title="Own", member_ids=[], now_ms=NOW_MS)

        assert expire_events(now=KEPT_30_DAYS_LATER) == [Expired("acme", 5)]
        assert kept(theirs) == [1]

    @pytest.mark.parametrize("days", [800_000, 2**53])
    def test_a_limit_longer_than_time_keeps_everything(self, keeping: Tenant, aged: Conversation, days: int) -> None:
        Tenant.objects.filter(pk=keeping.pk).update(retention_days=days)

        assert expire_events(now=KEPT_30_DAYS_LATER) == [Expired("acme", 0)]

    def test_it_is_recorded_once_per_run_that_erased_something(
        self, keeping: Tenant, aged: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "BATCH_EVENTS", 2)

        expire_events(now=KEPT_30_DAYS_LATER)
        expire_events(now=KEPT_30_DAYS_LATER)

        entry = Entry.objects.for_tenant(keeping.id).get(action="messaging.events.expired")
        assert entry.after["retention_days"] == 30


class TestWhatMembersSee:
    def test_a_sync_from_the_start_gets_what_is_left_and_where_it_begins(self, bob: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        page = selectors.sync_events_sync(bob.tenant_id, bob.id, aged.pk, 0, 100)
        inside = selectors.sync_events_sync(bob.tenant_id, bob.id, aged.pk, 6, 100)

        assert ([event.seq for event in page.events], page.gap_to, page.max_seq, page.more) == ([6, 7], 5, 7, False)
        assert ([event.seq for event in inside.events], inside.gap_to) == ([7], 0)

    def test_history_ends_there(self, bob: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        latest = selectors.history_sync(bob.tenant_id, bob.id, aged.pk, limit=50)
        earlier = selectors.history_sync(bob.tenant_id, bob.id, aged.pk, before=6, limit=50)

        assert ([event.seq for event in latest.events], latest.more) == ([6, 7], False)
        assert (earlier.events, earlier.more) == ([], False)

    def test_what_expires_between_the_two_queries_of_a_sync_is_a_gap(self, bob: User, aged: Conversation) -> None:
        reading = read_after(bob.tenant_id, bob.id, aged.pk, 0, 100)
        statement, _ = next(reading)
        expire_events(now=KEPT_30_DAYS_LATER)
        left = Event.objects.for_tenant(bob.tenant_id).filter(seq__gt=5).order_by("seq")
        rows = [(e.seq, bytes(e.message_id), e.kind, e.sender_id, e.created_at, bytes(e.body)) for e in left]

        assert statement == queries.LOG_END
        assert reading.send([(7, 1)])[0] == queries.EVENTS_AFTER
        with pytest.raises(StopIteration) as done:
            reading.send(rows)

        assert ([event.seq for event in done.value.value.events], done.value.value.gap_to) == ([6, 7], 5)

    def test_an_expired_row_is_never_shown_even_before_its_log_says_so(self, bob: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)
        Log.objects.for_tenant(bob.tenant_id).update(expired_seq=0)

        synced = selectors.sync_events_sync(bob.tenant_id, bob.id, aged.pk, 0, 100)
        listed = selectors.history_sync(bob.tenant_id, bob.id, aged.pk, limit=50)

        assert {event.seq for page in (synced, listed) for event in page.events} == {6, 7}

    def test_unread_counts_only_what_is_left(self, bob: User, aged: Conversation) -> None:
        before = selectors.conversation_state_sync(bob.tenant_id, bob.id, aged.pk)

        expire_events(now=KEPT_30_DAYS_LATER)

        after = selectors.conversation_state_sync(bob.tenant_id, bob.id, aged.pk)
        assert (before.unread, before.first_seq) == (6, 1)
        assert (after.unread, after.first_seq, after.max_seq) == (2, 6, 7)

    @pytest.mark.parametrize("read_seq", [0, 3, 6, 7])
    def test_unread_is_never_negative_wherever_one_has_read_to(
        self, bob: User, aged: Conversation, read_seq: int
    ) -> None:
        expire_events(now=to_datetime(LATER_MS) + timedelta(days=31))

        state = advance_cursor(bob, conversation_id=ConversationId(aged.pk), read_seq=read_seq)

        assert (state.unread, state.read_seq, state.first_seq) == (0, read_seq, 8)

    def test_a_log_that_is_gone_whole_has_no_preview_and_goes_on(
        self, alice: User, bob: User, aged: Conversation
    ) -> None:
        expire_events(now=to_datetime(LATER_MS) + timedelta(days=31))
        empty = selectors.list_conversations_sync(bob.tenant_id, bob.id, "", 10).items[0]

        append_in_transaction([draft_of(alice, aged, "again")], now_ms=LATER_MS + 32 * DAY_MS)

        page = selectors.sync_events_sync(bob.tenant_id, bob.id, aged.pk, 2, 100)
        again = selectors.conversation_view_sync(bob.tenant_id, bob.id, aged.pk)
        assert (empty.last, empty.state.unread, empty.state.max_seq) == (None, 0, 7)
        assert ([event.seq for event in page.events], page.gap_to) == ([8], 7)
        assert again.last is not None
        assert (again.last.seq, again.state.unread) == (8, 1)

    def test_who_asks_what_changed_hears_where_the_log_begins(self, bob: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        (states,) = selectors.changed_since_sync([selectors.Since(bob.tenant_id, bob.id, NOW_MS)], 10)

        assert [(state.first_seq, state.unread) for state in states] == [(6, 2)]

    def test_who_joins_later_begins_where_she_joined(self, alice: User, carol: User, aged: Conversation) -> None:
        conversations.add_members(alice, conversation=aged, user_ids=[carol.id], now_ms=LATER_MS)

        expire_events(now=KEPT_30_DAYS_LATER)

        assert selectors.conversation_state_sync(carol.tenant_id, carol.id, aged.pk).first_seq == 8


class TestSendingAgain:
    def test_the_id_of_an_expired_message_gets_its_first_answer(self, alice: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        (repeated,) = append_in_transaction([draft_of(alice, aged, "old 3", number=3)], now_ms=LATER_MS)

        assert (repeated.seq, repeated.time_ms, repeated.repeated) == (3, NOW_MS, True)
        assert kept(aged) == [6, 7]

    def test_with_another_content_it_stays_a_conflict(self, alice: User, aged: Conversation) -> None:
        expire_events(now=KEPT_30_DAYS_LATER)

        with pytest.raises(MessageIdConflict):
            append_in_transaction([draft_of(alice, aged, "something else", number=3)], now_ms=LATER_MS)
