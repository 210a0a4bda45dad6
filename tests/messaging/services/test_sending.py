"""Sending: ids and bodies are checked, the same id gives the same answer, members are told once."""

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import runtime
from apps.messaging.services.sending import send_message
from apps.wire.ids import ConversationId, encode_message_id
from tests.messaging.messages import message_id, sender_of, text_body


def new_id(user: User, number: int | None = None) -> str:
    return encode_message_id(message_id(user.id, number))


@pytest.mark.django_db(transaction=True)
class TestOnTheEventLoop:
    async def test_a_message_gets_the_next_seq(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation
    ) -> None:
        conversation_id = ConversationId(group.pk)

        first = await send_message(
            sender_of(alice),
            message_id=new_id(alice),
            conversation_id=conversation_id,
            kind="text",
            body=text_body("a"),
        )
        second = await send_message(
            sender_of(bob), message_id=new_id(bob), conversation_id=conversation_id, kind="text", body=text_body("b")
        )

        assert (first.seq, second.seq) == (2, 3)
        assert second.time >= first.time
