"""Sending one message: the id must be the sender's own, the body must fit its kind, then it goes to the log.

The WebSocket edge uses the group commit of this process; REST uses Django's connection. Both run the same plan over
the same SQL, so an id means the same wherever it is sent again.
"""

import asyncio

import msgspec
from django.db import IntegrityError

from apps.common.retry import run_in_transaction
from apps.messaging import fanout, runtime
from apps.messaging.errors import InvalidBody, InvalidMessageId, MessageIdMismatch, Unavailable
from apps.messaging.store.direct import append_in_transaction
from apps.messaging.store.records import Committed, Draft
from apps.wire import bodies
from apps.wire.frames import Ack
from apps.wire.ids import ConversationId, TenantId, TerminalId, UserId, own_message_id
from apps.wire.ids import InvalidMessageId as IdFormError

MAX_ID_RACES = 3


class Sender(msgspec.Struct, frozen=True):
    """Who sends, from which terminal; `session_id` is the session that gets the ack instead of the push."""

    tenant_id: TenantId
    user_id: UserId
    terminal_id: TerminalId
    session_id: str = ""


def submit_message(
    actor: Sender, *, message_id: str, conversation_id: ConversationId, kind: str, body: bytes | msgspec.Raw
) -> "asyncio.Future[Committed]":
    """Queue a message to be committed, in the order of calls; for callers with thousands of them, to spare a task each.

    Raises InvalidMessageId, MessageIdMismatch, InvalidBody, Busy or Unavailable; so may the future, or
    ConversationNotFound or MessageIdConflict. The same id again has the same outcome.
    """
    draft = make_draft(actor, message_id=message_id, conversation_id=conversation_id, kind=kind, body=body)
    return runtime.get().store.submit(draft)


def ack_of(message_id: str, committed: Committed) -> Ack:
    """Return what tells the sender that her message is in the log."""
    return Ack(id=message_id, conversation=committed.conversation_id, seq=committed.seq, time=committed.time_ms)


async def send_message(
    actor: Sender, *, message_id: str, conversation_id: ConversationId, kind: str, body: bytes | msgspec.Raw
) -> Ack:
    """Commit a message and return its ack; members are told right after. The same id again gives the same ack.

    Messages are committed in the order of calls: nothing is awaited before the draft is queued. Raises
    InvalidMessageId, MessageIdMismatch, InvalidBody, ConversationNotFound, MessageIdConflict, Busy or Unavailable.
    """
    committed = await submit_message(
        actor, message_id=message_id, conversation_id=conversation_id, kind=kind, body=body
    )
    return ack_of(message_id, committed)


def send_message_sync(
    actor: Sender,
    *,
    message_id: str,
    conversation_id: ConversationId,
    kind: str,
    body: bytes | msgspec.Raw,
    now_ms: int,
) -> tuple[Ack, bool]:
    """The same over Django's connection, in a transaction of its own. Also tells whether the id was known before."""
    draft = make_draft(actor, message_id=message_id, conversation_id=conversation_id, kind=kind, body=body)

    def append() -> Committed:
        (committed,) = append_in_transaction([draft], now_ms=now_ms)
        fanout.tell_members_on_commit(draft, committed)
        return committed

    for _ in range(MAX_ID_RACES):
        try:
            committed = run_in_transaction(append)
        except IntegrityError:  # the same id was committed elsewhere at this moment: look again
            continue
        return ack_of(message_id, committed), committed.repeated
    raise Unavailable


def make_draft(
    actor: Sender, *, message_id: str, conversation_id: ConversationId, kind: str, body: bytes | msgspec.Raw
) -> Draft:
    """Check what a client sent. Raises InvalidMessageId, MessageIdMismatch or InvalidBody."""
    try:
        own_id = own_message_id(message_id, actor.user_id, actor.terminal_id)
    except IdFormError as error:
        raise InvalidMessageId(reason=str(error)) from error
    if own_id is None:
        raise MessageIdMismatch
    try:
        canonical = bodies.canonical_body(kind, body)
    except bodies.InvalidBody as error:
        raise InvalidBody(reason=str(error)) from error
    return Draft(
        tenant_id=actor.tenant_id,
        sender_id=actor.user_id,
        conversation_id=conversation_id,
        message_id=own_id,
        kind=kind,
        body=canonical,
        origin=actor.session_id,
    )
