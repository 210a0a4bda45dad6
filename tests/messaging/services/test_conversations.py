"""Conversations and membership changes, each with its event in the log and everybody concerned told."""

import json
from typing import Any

import pytest

from apps.accounts.models import User
from apps.conversations.errors import DirectWithSelf, NotAllowed
from apps.conversations.models import Conversation, Member
from apps.messaging import selectors
from apps.messaging.errors import ConversationNotFound
from apps.messaging.models import Event, Log
from apps.messaging.services import conversations
from apps.messaging.store.direct import append_in_transaction
from apps.wire.ids import parse_message_id_bytes
from tests.messaging.messages import NOW_MS, draft_of
from tests.messaging.published import Published

pytestmark = pytest.mark.django_db


def log_of(group: Conversation) -> list[tuple[int, str, dict[str, Any]]]:
    events = Event.objects.for_tenant(group.tenant_id).filter(conversation=group).order_by("seq")
    return [(event.seq, event.kind, json.loads(bytes(event.body))) for event in events]


def epoch(group: Conversation) -> int:
    return Log.objects.for_tenant(group.tenant_id).get(conversation=group).members_epoch


class TestStarting:
    def test_a_group_begins_with_the_event_of_its_making(self, alice: User, bob: User, published: Published) -> None:
        with published.committed():
            group = conversations.start_group(alice, title="Lunch", member_ids=[bob.id], now_ms=NOW_MS)

        (event,) = log_of(group)
        assert event[:2] == (1, "conversation_created")
        assert event[2] == {"title": "Lunch", "members": [str(alice.id), str(bob.id)]}
        assert published.groups == [{f"user.{alice.id.hex}", f"user.{bob.id.hex}"}]

    def test_a_direct_conversation_has_one_log_whoever_starts_it(self, alice: User, bob: User) -> None:
        first, created = conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS)

        again, created_again = conversations.start_direct(bob, other_id=alice.id, now_ms=NOW_MS)

        assert (again, created, created_again) == (first, True, False)
        assert len(log_of(first)) == 1

    def test_what_is_refused_leaves_nothing(self, alice: User) -> None:
        with pytest.raises(DirectWithSelf):
            conversations.start_direct(alice, other_id=alice.id, now_ms=NOW_MS)

        assert not Log.objects.for_tenant(alice.tenant_id).exists()

    def test_the_ids_of_the_servers_events_name_the_actor_and_no_terminal(
        self, alice: User, group: Conversation
    ) -> None:
        event = Event.objects.for_tenant(alice.tenant_id).get(conversation=group)

        parsed = parse_message_id_bytes(bytes(event.message_id))

        assert (parsed.sender, parsed.terminal) == (alice.id, conversations.SERVER_TERMINAL)
        assert not event.countable


class TestMembers:
    def test_who_is_added_sees_the_log_from_that_event_on(
        self, alice: User, carol: User, group: Conversation, published: Published
    ) -> None:
        append_in_transaction([draft_of(alice, group)], now_ms=NOW_MS)

        with published.committed():
            added = conversations.add_members(alice, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)

        assert added == [carol.id]
        assert log_of(group)[-1] == (3, "members_added", {"members": [str(carol.id)]})
        assert Member.objects.for_tenant(alice.tenant_id).get(conversation=group, user=carol).join_seq == 3
        assert epoch(group) == 1
        assert f"user.{carol.id.hex}" in published.groups[0]
        page = selectors.sync_events_sync(carol.tenant_id, carol.id, group.pk, 0, 10)
        assert ([event.seq for event in page.events], page.gap_to) == ([3], 2)

    def test_adding_members_again_is_no_event(self, alice: User, bob: User, group: Conversation) -> None:
        assert conversations.add_members(alice, conversation=group, user_ids=[bob.id], now_ms=NOW_MS) == []
        assert (len(log_of(group)), epoch(group)) == (1, 0)

    def test_who_is_removed_is_told_too(
        self, alice: User, bob: User, group: Conversation, published: Published
    ) -> None:
        with published.committed():
            conversations.remove_member(alice, conversation=group, user_id=bob.id, now_ms=NOW_MS)

        assert log_of(group)[-1] == (2, "members_removed", {"members": [str(bob.id)]})
        assert published.groups == [{f"user.{alice.id.hex}", f"user.{bob.id.hex}"}]
        assert epoch(group) == 1
        with pytest.raises(ConversationNotFound):
            append_in_transaction([draft_of(bob, group)], now_ms=NOW_MS)

    def test_an_owner_who_leaves_is_succeeded(self, alice: User, bob: User, group: Conversation) -> None:
        conversations.remove_member(alice, conversation=group, user_id=alice.id, now_ms=NOW_MS)

        assert log_of(group)[1:] == [
            (2, "members_removed", {"members": [str(alice.id)]}),
            (3, "member_role_changed", {"member": str(bob.id), "role": "owner"}),
        ]

    def test_who_may_not_changes_nothing(self, alice: User, bob: User, carol: User, group: Conversation) -> None:
        with pytest.raises(NotAllowed):
            conversations.add_members(bob, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)
        with pytest.raises(NotAllowed):
            conversations.remove_member(bob, conversation=group, user_id=alice.id, now_ms=NOW_MS)

        assert (len(log_of(group)), epoch(group)) == (1, 0)


class TestTheRest:
    def test_a_new_title_is_an_event(self, alice: User, group: Conversation) -> None:
        renamed = conversations.rename(alice, conversation=group, title="Dinner", now_ms=NOW_MS)

        assert renamed.title == "Dinner"
        assert log_of(group)[-1] == (2, "conversation_renamed", {"title": "Dinner"})

    def test_a_new_owner_makes_two_events(self, alice: User, bob: User, group: Conversation) -> None:
        conversations.set_role(alice, conversation=group, user_id=bob.id, role="owner", now_ms=NOW_MS)

        assert [event[2] for event in log_of(group)[1:]] == [
            {"member": str(bob.id), "role": "owner"},
            {"member": str(alice.id), "role": "admin"},
        ]


def test_another_tenant_finds_nothing_to_change(eve: User, bob: User, group: Conversation) -> None:
    with pytest.raises(ConversationNotFound):
        conversations.add_members(eve, conversation=group, user_ids=[eve.id], now_ms=NOW_MS)
    with pytest.raises(ConversationNotFound):
        conversations.remove_member(eve, conversation=group, user_id=bob.id, now_ms=NOW_MS)
    with pytest.raises(ConversationNotFound):
        conversations.rename(eve, conversation=group, title="Mine", now_ms=NOW_MS)
    with pytest.raises(ConversationNotFound):
        conversations.set_role(eve, conversation=group, user_id=bob.id, role="owner", now_ms=NOW_MS)

    assert len(log_of(group)) == 1
