"""Makes ids, drafts and senders for the tests of the log."""

import itertools
from uuid import UUID

import msgspec

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging.services.sending import Sender
from apps.messaging.store.records import Draft
from apps.wire.ids import ConversationId, TenantId, TerminalId, UserId, make_message_id

TERMINAL = TerminalId(UUID(int=7))
NOW_MS = 1_800_000_000_000

_numbers = itertools.count(1)


def message_id(user_id: UUID, number: int | None = None, *, terminal: TerminalId = TERMINAL) -> bytes:
    """The id number `number` of a user, or a fresh one."""
    random = (next(_numbers) + (1 << 64) if number is None else number).to_bytes(9, "big")
    return make_message_id(UserId(user_id), terminal, time_ms=NOW_MS, random=random).to_bytes()


def text_body(text: str) -> bytes:
    return msgspec.json.encode({"text": text})


def draft_of(
    user: User, conversation: Conversation, text: str = "hello", *, number: int | None = None, origin: str = ""
) -> Draft:
    """A text message of a user."""
    return Draft(
        tenant_id=TenantId(user.tenant_id),
        sender_id=UserId(user.id),
        conversation_id=ConversationId(conversation.pk),
        message_id=message_id(user.id, number),
        kind="text",
        body=text_body(text),
        origin=origin,
    )


def sender_of(user: User, session_id: str = "") -> Sender:
    return Sender(TenantId(user.tenant_id), UserId(user.id), TERMINAL, session_id)
