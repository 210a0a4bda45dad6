"""A block closes the direct conversation of two people, on every node, from its commit on."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.conversations.models import Conversation, Member
from apps.messaging.errors import Blocked
from apps.messaging.models import Event, Log
from apps.messaging.services import conversations
from apps.messaging.services.blocks import block_person, unblock_person
from apps.messaging.services.sending import send_message_sync
from apps.messaging.store.group_commit import GroupCommitStore
from apps.orgs.selectors.relations import is_blocked
from apps.wire.ids import ConversationId, encode_message_id
from tests.messaging.messages import NOW_MS, draft_of, message_id, sender_of, text_body
from tests.messaging.racing import ISOLATIONS, race

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def send(user: User, conversation: Conversation) -> int:
    ack, _repeated = send_message_sync(
        sender_of(user),
        message_id=encode_message_id(message_id(user.id)),
        conversation_id=ConversationId(conversation.pk),
        kind="text",
        body=text_body("hello"),
        now_ms=NOW_MS,
    )
    return ack.seq


def writers(conversation: Conversation) -> int:
    rows = Member.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation, may_write=True)
    return rows.count()


class TestBlocking:
    def test_neither_writes_until_it_is_lifted(self, alice: User, bob: User, direct: Conversation) -> None:
        block_person(alice, user_id=bob.id, now=NOW)

        for user in (alice, bob):
            with pytest.raises(Blocked):
                send(user, direct)

        unblock_person(alice, user_id=bob.id, now=NOW)

        assert (send(alice, direct), send(bob, direct)) == (2, 3)

    def test_the_other_ones_block_stays(self, alice: User, bob: User, direct: Conversation) -> None:
        block_person(alice, user_id=bob.id, now=NOW)
        block_person(bob, user_id=alice.id, now=NOW)

        unblock_person(alice, user_id=bob.id, now=NOW)
        assert writers(direct) == 0

        unblock_person(bob, user_id=alice.id, now=NOW)
        assert writers(direct) == 2

    def test_groups_are_not_touched(self, alice: User, bob: User, group: Conversation) -> None:
        block_person(alice, user_id=bob.id, now=NOW)

        assert (send(alice, group), send(bob, group)) == (2, 3)

    def test_two_who_never_wrote_are_blocked_all_the_same(self, alice: User, bob: User) -> None:
        block_person(alice, user_id=bob.id, now=NOW)

        with pytest.raises(Blocked):
            conversations.start_direct(bob, other_id=alice.id, now_ms=NOW_MS)

        unblock_person(alice, user_id=bob.id, now=NOW)
        direct, created = conversations.start_direct(bob, other_id=alice.id, now_ms=NOW_MS)
        assert (created, writers(direct)) == (True, 2)

    def test_it_is_told_to_nobody_but_the_audit_log(self, alice: User, bob: User, direct: Conversation) -> None:
        block_person(alice, user_id=bob.id, now=NOW)

        assert Event.objects.for_tenant(alice.tenant_id).filter(conversation=direct).count() == 1
        assert Entry.objects.for_tenant(alice.tenant_id).get().action == "orgs.block.made"

    def test_the_epoch_grows_so_that_nodes_look_again(self, alice: User, bob: User, direct: Conversation) -> None:
        def epoch() -> int:
            return Log.objects.for_tenant(direct.tenant_id).get(conversation=direct).members_epoch

        before = epoch()
        block_person(alice, user_id=bob.id, now=NOW)
        blocked = epoch()
        unblock_person(alice, user_id=bob.id, now=NOW)

        assert before < blocked < epoch()


@pytest.mark.django_db(transaction=True)
async def test_a_node_that_knows_the_members_refuses_from_the_commit_on(
    alice: User, bob: User, direct: Conversation, store: GroupCommitStore
) -> None:
    await store.submit(draft_of(alice, direct))  # now the node keeps the members

    await sync_to_async(block_person)(bob, user_id=alice.id, now=NOW)

    with pytest.raises(Blocked):
        await store.submit(draft_of(alice, direct))
    with pytest.raises(Blocked):
        await store.submit(draft_of(bob, direct))

    await sync_to_async(unblock_person)(bob, user_id=alice.id, now=NOW)

    assert (await store.submit(draft_of(alice, direct))).seq == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("isolation", ISOLATIONS)
class TestAtTheSameMoment:
    def test_a_conversation_that_begins_is_closed_or_refused(self, alice: User, bob: User, isolation: str) -> None:
        race(
            lambda: conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS),
            lambda: block_person(bob, user_id=alice.id, now=NOW),
            isolation=isolation,
        )

        found = Conversation.objects.for_tenant(alice.tenant_id).first()
        assert is_blocked(alice, bob.id)
        assert found is None or writers(found) == 0

    def test_both_block_and_both_lift(self, alice: User, bob: User, direct: Conversation, isolation: str) -> None:
        race(
            lambda: block_person(alice, user_id=bob.id, now=NOW),
            lambda: block_person(bob, user_id=alice.id, now=NOW),
            isolation=isolation,
        )
        assert writers(direct) == 0

        race(
            lambda: unblock_person(alice, user_id=bob.id, now=NOW),
            lambda: unblock_person(bob, user_id=alice.id, now=NOW),
            isolation=isolation,
        )
        assert writers(direct) == 2

    def test_a_message_is_before_the_block_or_refused(
        self, alice: User, bob: User, direct: Conversation, isolation: str
    ) -> None:
        sent, _done = race(
            lambda: send(alice, direct), lambda: block_person(bob, user_id=alice.id, now=NOW), isolation=isolation
        )

        events = Event.objects.for_tenant(alice.tenant_id).filter(conversation=direct).count()
        assert (sent, events) == (2, 2) if isinstance(sent, int) else (type(sent), events) == (Blocked, 1)
