"""Tells members what is in the log already: one frame per event, encoded once, to the group of every member.

Who is not reached learns of it by seq, so nothing here is retried. A message that was sent again may be one whose node
died after the commit, before anybody was told: members then get `changed` with its seq, which those who have it ignore.
It is not pushed again itself, because someone who joined after it may not see it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from apps.events.publish import Delivery, publish, publish_on_commit, user_group
from apps.messaging.store.cursors import Grown
from apps.messaging.store.lane import Told
from apps.messaging.store.records import Committed, Draft
from apps.wire.codec import encode
from apps.wire.frames import Changed, CursorFrame, EventFrame
from apps.wire.ids import UserId, encode_message_id

PUSHES_PER_TURN: Final = 500
"""After so many pushes, one event to a full group, other work of the loop gets its turn: publishing need not wait for
anything, and a batch of a hot group would hold up every session of the node for seconds."""


async def tell_members(told: Told) -> None:
    """Push events to all members, in the order given."""
    pushes = 0
    for draft, committed in told:
        await publish(committed.members.groups, event_delivery(draft, committed))
        pushes += len(committed.members.groups)
        if pushes >= PUSHES_PER_TURN:
            pushes = 0
            await asyncio.sleep(0)


def tell_members_on_commit(draft: Draft, committed: Committed, *, also: Iterable[UserId] = ()) -> None:
    """Push one event once Django's transaction commits; `also` names people who are no members any more."""
    groups = dict.fromkeys((*committed.members.groups, *(user_group(user_id) for user_id in also)))
    publish_on_commit(list(groups), event_delivery(draft, committed))


async def tell_cursors(grown: Sequence[Grown]) -> None:
    """Push cursors that have grown, to their users and to those who watch them."""
    for cursor in grown:
        await publish(_watching(cursor), cursor_delivery(cursor))


def tell_cursor_on_commit(cursor: Grown) -> None:
    """Push one cursor that has grown, once Django's transaction commits."""
    publish_on_commit(_watching(cursor), cursor_delivery(cursor))


def event_delivery(draft: Draft, committed: Committed) -> Delivery:
    """Return the push of one event, or the notice of one that was there before; its sender's session is left out."""
    conversation = committed.conversation_id.hex
    if committed.repeated:
        notice = Changed(conversation=committed.conversation_id, max_seq=committed.seq)
        return Delivery(frame=encode(notice), conversation=conversation, origin=draft.origin)
    frame = EventFrame(
        conversation=committed.conversation_id,
        seq=committed.seq,
        id=encode_message_id(committed.message_id),
        kind=draft.kind,
        sender=draft.sender_id,
        time=committed.time_ms,
        body=msgspec.Raw(draft.body),
    )
    return Delivery(frame=encode(frame), conversation=conversation, seq=committed.seq, origin=draft.origin)


def cursor_delivery(cursor: Grown) -> Delivery:
    """Return the notice of one member's positions; it is not acknowledged."""
    frame = CursorFrame(
        conversation=cursor.conversation_id,
        user=cursor.user_id,
        delivered_seq=cursor.delivered_seq,
        read_seq=cursor.read_seq,
    )
    return Delivery(frame=encode(frame), conversation=cursor.conversation_id.hex)


def _watching(cursor: Grown) -> list[str]:
    return [user_group(user_id) for user_id in dict.fromkeys((cursor.user_id, *cursor.watcher_ids))]
