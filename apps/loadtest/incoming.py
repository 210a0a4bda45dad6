"""Frames of the server, cut down to the fields that a load test looks at, so that reading them costs little.

Pure. The protocol lets clients ignore fields they do not know; `apps.wire.frames` has them all.
"""

from typing import Final

import msgspec

PREFIX_CHARS: Final = 33
"""What the texts of a load test begin with: due time and run in 16 hex digits each, parted by a space."""

_TEXT_KEY: Final = b'"text"'


class Frame(msgspec.Struct, tag_field="op", frozen=True, gc=False):
    """Base of the frames below."""


class Welcome(Frame, tag="welcome", frozen=True, gc=True):
    """Sign-in succeeded."""

    time: int
    heartbeat_ms: int
    changed: "list[State]" = []
    start_over: bool = False


class State(msgspec.Struct, frozen=True, gc=False):
    """How far a conversation has got."""

    conversation: str
    max_seq: int


class Heartbeat(Frame, tag="heartbeat", frozen=True):
    """Answer to a heartbeat."""

    time: int


class Ack(Frame, tag="ack", frozen=True):
    """A message is committed."""

    id: str
    conversation: str
    seq: int
    time: int


class Event(Frame, tag="event", frozen=True):
    """Push of one event."""

    conversation: str
    seq: int
    id: str
    time: int
    body: msgspec.Raw


class SyncedEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of the answer to `sync`."""

    seq: int
    id: str


class Events(Frame, tag="events", frozen=True, gc=True):
    """Answer to `sync`."""

    conversation: str
    events: list[SyncedEvent]
    max_seq: int
    more: bool = False
    gap_to: int = 0
    start_over: bool = False


class Cursor(Frame, tag="cursor", frozen=True):
    """Another member's positions; counted only."""


class Conversations(Frame, tag="conversations", frozen=True):
    """A conversation list; not asked for, but part of the protocol."""


class Changed(Frame, tag="changed", frozen=True):
    """Pushes were left out."""

    conversation: str
    max_seq: int


class Closing(Frame, tag="closing", frozen=True):
    """The server is about to close."""

    reason: str
    retry_after_ms: int = 0
    url: str = ""


class Error(Frame, tag="error", frozen=True):
    """A frame was refused."""

    code: str
    retry: bool = False
    retry_after_ms: int = 0
    ref: str = ""
    id: str = ""


Frames = Welcome | Heartbeat | Ack | Event | Events | Cursor | Conversations | Changed | Closing | Error
_DECODER: Final[msgspec.json.Decoder[Frames]] = msgspec.json.Decoder(Frames)


def decode(payload: bytes) -> Frames | None:
    """Return the frame; None for one that this version does not know or cannot read."""
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeError):
        return None


def stamp(due_ns: int, run: int, size_bytes: int) -> str:
    """Return a text of about `size_bytes` that tells when it should have been sent, and in which run."""
    return f"{due_ns:016x} {run:016x}".ljust(max(size_bytes, PREFIX_CHARS), "x")


def read_stamp(body: bytes) -> tuple[int, int] | None:
    """Return due time in ns and run of a text made by `stamp`; None for any other body."""
    begin = body.find(b'"', body.find(_TEXT_KEY) + len(_TEXT_KEY)) + 1
    prefix = body[begin : begin + PREFIX_CHARS]
    try:
        return int(prefix[:16], 16), int(prefix[17:33], 16)
    except ValueError:
        return None
