"""Frames as a server would send them, and small ids to talk about."""

from uuid import UUID

import msgspec

from apps.wire.frames import Ack, ConversationState, ConversationView, EventFrame, Events, EventView, Welcome

TENANT, USER, OTHER, TERMINAL = (UUID(int=n) for n in (1, 2, 3, 4))
ROOM, HALL = UUID(int=100), UUID(int=200)
BODY = msgspec.Raw(b'{"text":"hello"}')


def view(seq: int, conversation: UUID = ROOM) -> EventView:
    return EventView(conversation, seq, f"id-{seq}", "text", OTHER, 1_000 + seq, BODY)


def push(seq: int, conversation: UUID = ROOM) -> EventFrame:
    return EventFrame(conversation, seq, f"id-{seq}", "text", OTHER, 1_000 + seq, BODY)


def state(max_seq: int, conversation: UUID = ROOM) -> ConversationState:
    return ConversationState(conversation, max_seq, 1, 0, 0, 0)


def listed(max_seq: int, conversation: UUID = ROOM) -> ConversationView:
    return ConversationView(state(max_seq, conversation), "group", "Room", 2, [], 1_000)


def page(first: int, last: int, *, max_seq: int | None = None, ref: str = "", **fields: int | bool) -> Events:
    events = [view(seq) for seq in range(first, last + 1)]
    return Events(ROOM, events, last if max_seq is None else max_seq, ref=ref, **fields)  # type: ignore[arg-type]


def welcome(**fields: object) -> Welcome:
    base = Welcome("session", TENANT, USER, TERMINAL, time=1_000_000, expires=4_600_000, heartbeat_ms=30_000)
    return msgspec.structs.replace(base, **fields)


def ack(message_id: str, seq: int, conversation: UUID = ROOM) -> Ack:
    return Ack(message_id, conversation, seq, 2_000 + seq)
