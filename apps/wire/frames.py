"""Frames of the WebSocket protocol, version 1: one JSON object per text frame, told apart by `op`.

`docs/wire.md` is the specification for people; the JSON Schemas there are generated from these structs.
Times are unix milliseconds of the server's clock, ids are strings, `ref` is the client's own mark and comes back
unchanged in the answer.
"""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from apps.wire.ids import MESSAGE_ID_PATTERN

PROTOCOL_VERSION: Final = 1
PATH: Final = "/ws/v1"
MAX_FRAME_BYTES: Final = 64 * 1024
MAX_SYNC_EVENTS: Final = 200
MAX_LISTED_CONVERSATIONS: Final = 100
MAX_CHANGED_CONVERSATIONS: Final = 200
UNREAD_CAP: Final = 999

Ref = Annotated[str, msgspec.Meta(max_length=64)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
TimeMs = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
MessageIdText = Annotated[str, msgspec.Meta(pattern=MESSAGE_ID_PATTERN, min_length=64, max_length=64)]
Platform = Literal["web", "ios", "android", "windows", "macos", "linux", "bot"]


def _op(name: str) -> str:
    """Tag of a struct: CamelCase class name to snake_case op, `…Frame` dropped."""
    name = name.removesuffix("Frame")
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class ClientFrame(
    msgspec.Struct, tag_field="op", tag=_op, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False
):
    """Base of all frames a client sends: unknown fields are refused, so what has its default is better left out."""


class ServerFrame(msgspec.Struct, tag_field="op", tag=_op, omit_defaults=True, frozen=True):
    """Base of all frames a server sends: clients ignore fields they do not know."""


# Client to server ----------------------------------------------------------------------------------------------------


class SignIn(ClientFrame, frozen=True):
    """First frame of a connection; later again, with a fresh token of the same user, before the old one expires.

    `since` is the `time` of the last frame of an earlier connection: the welcome then lists what changed after it.
    `redirect`: instead of a welcome, `closing` may name another node that serves this user at less cost.
    """

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    terminal: UUID
    platform: Platform
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    since: TimeMs | None = None
    ref: Ref = ""
    redirect: bool = False


class Heartbeat(ClientFrame, frozen=True):
    """Sent when nothing else was, within the interval of the welcome; answered by `heartbeat`."""


class Send(ClientFrame, frozen=True):
    """One message. Answered by `ack` after commit or by `error`; either carries the `id`."""

    id: MessageIdText
    conversation: UUID
    kind: Annotated[str, msgspec.Meta(max_length=32)]
    body: msgspec.Raw


class Received(ClientFrame, frozen=True):
    """Everything up to `seq` has reached this terminal for good. Not answered."""

    conversation: UUID
    seq: Seq


class Read(ClientFrame, frozen=True):
    """The person has read everything up to `seq`. Not answered."""

    conversation: UUID
    seq: Seq


class Sync(ClientFrame, frozen=True):
    """Asks for events with seq greater than `after`, oldest first; answered by `events`."""

    conversation: UUID
    after: Seq
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_SYNC_EVENTS)] = 100
    ref: Ref = ""


class ListConversations(ClientFrame, frozen=True):
    """Asks for the user's conversations, latest activity first; answered by `conversations`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LISTED_CONVERSATIONS)] = 50
    cursor: Annotated[str, msgspec.Meta(max_length=128)] = ""
    ref: Ref = ""


ClientFrames = SignIn | Heartbeat | Send | Received | Read | Sync | ListConversations


# Server to client ----------------------------------------------------------------------------------------------------


class ConversationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far one conversation has got, for this user. `unread` stops counting at UNREAD_CAP."""

    conversation: UUID
    max_seq: int
    first_seq: int
    delivered_seq: int
    read_seq: int
    unread: int


class EventView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a conversation's log, as in `event` and `events`."""

    conversation: UUID
    seq: int
    id: str
    kind: str
    sender: UUID
    time: int
    body: msgspec.Raw


class MemberView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member as lists show it, with how far she has received and read."""

    user: UUID
    name: str
    role: str
    delivered_seq: int = 0
    read_seq: int = 0


class ConversationView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the conversation list. `members` is complete for direct conversations, else the first few."""

    state: ConversationState
    kind: str
    title: str
    member_count: int
    members: list[MemberView]
    time: int
    last: EventView | None = None


class Welcome(ServerFrame, frozen=True):
    """Sign-in succeeded. `start_over` says that `changed` would be too long: list the conversations instead."""

    session: str
    tenant: UUID
    user: UUID
    terminal: UUID
    time: int
    expires: int
    heartbeat_ms: int
    max_frame_bytes: int = MAX_FRAME_BYTES
    changed: list[ConversationState] = []
    start_over: bool = False
    ref: str = ""


class HeartbeatFrame(ServerFrame, frozen=True):
    """Answer to `heartbeat`."""

    time: int


class Ack(ServerFrame, frozen=True):
    """The message is committed: it has this seq and time, now and for every repetition of the same id."""

    id: str
    conversation: UUID
    seq: int
    time: int


class EventFrame(ServerFrame, frozen=True):
    """Push of one event; the terminal answers with `received`, or gets it again."""

    conversation: UUID
    seq: int
    id: str
    kind: str
    sender: UUID
    time: int
    body: msgspec.Raw


class Events(ServerFrame, frozen=True):
    """Answer to `sync`.

    `gap_to` > 0: events after the asked `after` up to and including `gap_to` are not available to this user (joined
    later, or past retention), `events` begin after it. `start_over`: the asked `after` lies beyond the log's end, so
    the client's copy is of another history: drop it and sync from 0.
    """

    conversation: UUID
    events: list[EventView]
    max_seq: int
    more: bool = False
    gap_to: int = 0
    start_over: bool = False
    ref: str = ""


class Conversations(ServerFrame, frozen=True):
    """Answer to `list_conversations`; `next` is the cursor of the next page, empty at the end."""

    items: list[ConversationView]
    next: str = ""
    time: int = 0
    ref: str = ""


class CursorFrame(ServerFrame, frozen=True):
    """A member's delivered and read positions grew (the user's own too, from another terminal)."""

    conversation: UUID
    user: UUID
    delivered_seq: int
    read_seq: int


class Changed(ServerFrame, frozen=True):
    """Pushes were left out (slow reader, lost owner, moved slot): sync this conversation up to `max_seq`."""

    conversation: UUID
    max_seq: int


class Closing(ServerFrame, frozen=True):
    """The server is about to close; reconnect after `retry_after_ms` if the close code allows it, to `url` if given.

    `details` say more about the reason: for `signed_in_elsewhere` the `platform` and `name` of the other terminal, and
    when (`at`).
    """

    reason: str
    retry_after_ms: int = 0
    url: str = ""
    details: dict[str, str | int] = {}


class ErrorFrame(ServerFrame, frozen=True):
    """A frame was refused. `retry`: the same frame may succeed later, after `retry_after_ms`."""

    code: str
    message: str
    retry: bool = False
    retry_after_ms: int = 0
    ref: str = ""
    id: str = ""
    details: dict[str, str | int] = {}


ServerFrames = (
    Welcome | HeartbeatFrame | Ack | EventFrame | Events | Conversations | CursorFrame | Changed | Closing | ErrorFrame
)
