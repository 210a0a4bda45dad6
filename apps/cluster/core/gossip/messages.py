"""What nodes say to each other: pieces of news, and the messages that carry them.

All of it is msgpack of these declared structs; the limits here are held when a message is decoded. Who sent a message
is told by the sealed link it came over, never by the message.
"""

from typing import Annotated

import msgspec
from msgspec import Meta as Limit

from apps.cluster.core.gossip.peers import Address, Incarnation, Meta, Node

UPDATES_MAX = 128
"""Most pieces of news in one datagram. A datagram with more is not decoded."""
RECORDS_MAX = 8_192
"""Most pieces of news in one message over a stream. A message with more is not decoded."""
BUCKETS = 64
"""Into how many parts the members are divided to compare what two nodes know."""
DIGEST_BYTES = BUCKETS * 8
SEQ_MAX = (1 << 32) - 1
"""The highest number of a question."""

Seq = Annotated[int, Limit(ge=0, le=SEQ_MAX)]


class Wire(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Something that crosses a link."""


class Alive(Wire, frozen=True, tag="a"):
    """The node said this of itself."""

    node: Node
    address: Address
    incarnation: Incarnation
    meta: Meta


class Suspect(Wire, frozen=True, tag="s"):
    """The accuser got no answer from the node."""

    node: Node
    incarnation: Incarnation
    accuser: Node


class Dead(Wire, frozen=True, tag="d"):
    """The node has not refuted a suspicion in time, says the accuser."""

    node: Node
    incarnation: Incarnation
    accuser: Node


class Left(Wire, frozen=True, tag="l"):
    """The node said goodbye."""

    node: Node
    incarnation: Incarnation


Update = Alive | Suspect | Dead | Left
Updates = Annotated[tuple[Update, ...], Limit(max_length=UPDATES_MAX)]
Records = Annotated[tuple[Update, ...], Limit(max_length=RECORDS_MAX)]


class Ping(Wire, frozen=True, tag="p"):
    """Are you `target`, and there? Answered with an `Ack` in the same way it came."""

    seq: Seq
    target: Node
    by_stream: bool
    updates: Updates


class PingRequest(Wire, frozen=True, tag="q"):
    """Ask `target` for me. Answered with an `Ack` once it has answered, or a `Nack` when it has not in time."""

    seq: Seq
    target: Node
    address: Address
    updates: Updates


class Ack(Wire, frozen=True, tag="k"):
    """The one asked for is there."""

    seq: Seq
    updates: Updates


class Nack(Wire, frozen=True, tag="n"):
    """I am there, but the one you had me ask does not answer."""

    seq: Seq


class Rumours(Wire, frozen=True, tag="r"):
    """News, and no question."""

    updates: Updates


class SyncRequest(Wire, frozen=True, tag="y"):
    """What do you know that I don't? Stream only."""

    seq: Seq
    origin: Alive
    """The one that asks, so that it is known even where it is new."""
    digest: Annotated[bytes, Limit(min_length=DIGEST_BYTES, max_length=DIGEST_BYTES)]


class SyncReply(Wire, frozen=True, tag="z"):
    """What I know in the parts where we differ. Stream only."""

    seq: Seq
    differing: Annotated[tuple[Annotated[int, Limit(ge=0, lt=BUCKETS)], ...], Limit(max_length=BUCKETS)]
    records: Records
    more: bool
    """The records did not all fit: ask again."""


class SyncPush(Wire, frozen=True, tag="w"):
    """What you do not know yet in those parts. Stream only."""

    records: Records


GossipMessage = Ping | PingRequest | Ack | Nack | Rumours | SyncRequest | SyncReply | SyncPush

_ENCODER = msgspec.msgpack.Encoder()


def size_of(update: Update) -> int:
    """Return the bytes a piece of news takes in a message."""
    return len(_ENCODER.encode(update))
