"""Moving one's own positions over REST."""

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging.errors import ConversationNotFound
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.store.direct import append_in_transaction
from apps.wire.ids import ConversationId
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
