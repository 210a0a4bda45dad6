"""A message on its way: msgpack that only its receiver opens, and which groups it is for."""

from typing import Any, Final, NamedTuple

import msgspec

from apps.cluster.core.ids import NO_NODE, NodeId

Message = dict[str, Any]

PLAIN: Final = b"\x00"
NAMED: Final = b"\x01"
"""The receiver is told which of its groups the message was for."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Parcel(NamedTuple):
    """A message in a mailbox. Each receiver opens it for itself, so that nobody shares values with another.

    `origin` is the node to tell when it has been taken out, or none.
    """

    payload: bytes
    groups: tuple[str, ...] = ()
    origin: NodeId = NO_NODE


def pack(message: Message) -> bytes:
    """Return the payload of a message. Raises TypeError when it is no dict of plain values."""
    return PLAIN + _encode(require_message(message))


def pack_named(message: Message) -> bytes:
    """Return the payload of a message whose receivers are told its groups."""
    return NAMED + _encode(require_message(message))


def open_parcel(parcel: Parcel) -> Message:
    """Return the message."""
    payload, groups, _ = parcel
    message: Message = _decode(memoryview(payload)[1:])
    if payload[:1] == NAMED:
        message["groups"] = list(groups)
    return message


def repack(parcel: Parcel) -> bytes:
    """Return a payload that carries the groups within, for a way on which they have no place of their own."""
    return parcel.payload if parcel.payload[:1] == PLAIN else pack(open_parcel(parcel))


def require_message(message: object) -> Message:
    """Return the message. Raises TypeError for what is none."""
    if not isinstance(message, dict):
        raise TypeError(f"a message is a dict, not {type(message).__name__}")
    return message
