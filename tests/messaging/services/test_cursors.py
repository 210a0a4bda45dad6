"""Moving one's own positions: at once over REST, gathered for sessions, and both alike."""

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import runtime, selectors
from apps.messaging.errors import ConversationNotFound
from apps.messaging.models import Cursor
from apps.messaging.services import conversations
from apps.messaging.services.cursors import CursorWriter, advance_cursor
from apps.messaging.store.direct import append_in_transaction
from apps.wire.ids import ConversationId, TenantId, UserId
from tests.messaging.messages import NOW_MS, draft_of
from tests.messaging.published import Published

pytestmark = pytest.mark.django_db


def test_positions_grow_and_unread_shrinks(alice: User, bob: User, group: Conversation) -> None:
    append_in_transaction([draft_of(alice, group) for _ in range(3)], now_ms=NOW_MS)

    state = advance_cursor(bob, conversation_id=ConversationId(group.pk), delivered_seq=4, read_seq=2)

    assert (state.delivered_seq, state.read_seq, state.unread) == (4, 2, 2)


def test_moving_back_changes_nothing(alice: User, bob: User, group: Conversation) -> None:
    append_in_transaction([draft_of(alice, group)], now_ms=NOW_MS)
    forward = advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=2)

    assert advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1) == forward


def test_who_is_no_member_is_refused(carol: User, eve: User, group: Conversation) -> None:
    for outsider in (carol, eve):
        with pytest.raises(ConversationNotFound):
            advance_cursor(outsider, conversation_id=ConversationId(group.pk), read_seq=1)


def test_the_members_are_told_once(alice: User, bob: User, group: Conversation, published: Published) -> None:
    with published.committed():
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1)
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1)

    (notice,) = published.frames
    assert (notice["op"], notice["user"], notice["read_seq"]) == ("cursor", str(bob.id), 1)
    assert published.groups[0] == {f"user.{alice.id.hex}", f"user.{bob.id.hex}"}


def test_positions_stop_at_the_end_of_the_log_and_reading_implies_receiving(
    alice: User, bob: User, group: Conversation
) -> None:
    append_in_transaction([draft_of(alice, group)], now_ms=NOW_MS)

    state = advance_cursor(bob, conversation_id=ConversationId(group.pk), delivered_seq=1, read_seq=(1 << 63) - 1)

    assert (state.max_seq, state.delivered_seq, state.read_seq, state.unread) == (2, 2, 2, 0)


def test_each_position_grows_by_itself(alice: User, bob: User, group: Conversation) -> None:
    append_in_transaction([draft_of(alice, group) for _ in range(4)], now_ms=NOW_MS)
    place = ConversationId(group.pk)

    advance_cursor(bob, conversation_id=place, delivered_seq=5, read_seq=2)
    state = advance_cursor(bob, conversation_id=place, delivered_seq=3, read_seq=4)

    assert (state.delivered_seq, state.read_seq) == (5, 4)
    assert selectors.conversation_state_sync(alice.tenant_id, alice.id, group.pk).read_seq == 0


def test_who_left_is_refused_and_her_positions_stay(alice: User, bob: User, group: Conversation) -> None:
    advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1)
    conversations.remove_member(bob, conversation=group, user_id=bob.id, now_ms=NOW_MS)

    with pytest.raises(ConversationNotFound):
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=2)

    assert Cursor.objects.for_tenant(bob.tenant_id).get(user=bob).read_seq == 1


@pytest.mark.parametrize(("member_count", "watched"), [(100, True), (101, False)])
def test_in_a_large_conversation_only_its_own_user_is_told(
    alice: User, bob: User, group: Conversation, published: Published, member_count: int, watched: bool
) -> None:
    Conversation.objects.for_tenant(group.tenant_id).filter(pk=group.pk).update(member_count=member_count)

    with published.committed():
        advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=1)

    own, others = {f"user.{bob.id.hex}"}, {f"user.{alice.id.hex}"}
    assert published.groups == [own | others if watched else own]


@pytest.mark.django_db(transaction=True)
class TestSessions:
    def note(
        self, writer: CursorWriter, user: User, group: Conversation, *, delivered_seq: int = 0, read_seq: int
    ) -> bool:
        place = TenantId(user.tenant_id), ConversationId(group.pk), UserId(user.id)
        return writer.note(*place, delivered_seq=delivered_seq, read_seq=read_seq)

    async def test_what_is_noted_becomes_what_rest_would_have_written(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation, published: Published
    ) -> None:
        append_in_transaction([draft_of(alice, group) for _ in range(3)], now_ms=NOW_MS)
        for read_seq in (3, 2, 99, 1):
            assert self.note(running.cursors, bob, group, delivered_seq=1, read_seq=read_seq)

        await running.cursors.flush()

        noted = selectors.conversation_state_sync(bob.tenant_id, bob.id, group.pk)
        assert (noted.delivered_seq, noted.read_seq, noted.unread) == (4, 4, 0)
        assert advance_cursor(bob, conversation_id=ConversationId(group.pk), read_seq=99) == noted
        assert [(frame["user"], frame["read_seq"]) for frame in published.frames] == [(str(bob.id), 4)]
        assert published.groups == [{f"user.{alice.id.hex}", f"user.{bob.id.hex}"}]

    async def test_notes_of_outsiders_and_other_tenants_are_dropped(
        self, running: runtime.Runtime, carol: User, eve: User, group: Conversation, published: Published
    ) -> None:
        for outsider in (carol, eve):
            self.note(running.cursors, outsider, group, read_seq=1)

        await running.cursors.flush()

        assert not Cursor.unscoped.exists()
        assert published.frames == []

    async def test_notes_coalesce_within_a_bound(
        self, running: runtime.Runtime, alice: User, bob: User, carol: User, group: Conversation
    ) -> None:
        conversations.add_members(alice, conversation=group, user_ids=[carol.id], now_ms=NOW_MS)
        writer = CursorWriter(running.pool.connection, max_pending=2)
        taken = [self.note(writer, user, group, read_seq=1) for user in (alice, bob, alice, carol, bob)]

        await writer.flush()

        assert taken == [True, True, True, False, True]
        assert {cursor.user_id for cursor in Cursor.objects.for_tenant(alice.tenant_id)} == {alice.id, bob.id}
        assert self.note(writer, carol, group, read_seq=1)
        await writer.close()
        assert Cursor.objects.for_tenant(alice.tenant_id).filter(user=carol, read_seq=1).exists()
