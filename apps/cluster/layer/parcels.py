"""A message on its way: msgpack that only its receiver opens, and which groups it is for."""

from typing import Any, Final

import msgspec

from apps.cluster.core.ids import NO_NODE, NodeId

Message = dict[str, Any]

PLAIN: Final = b"\x00"
NAMED: Final = b"\x01"
"""The receiver is told which of its groups the message was for."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Parcel:
    """A message in mailboxes. `origin` is the node to tell when it has been taken out, or none."""

    __slots__ = ("_opened", "groups", "origin", "payload")

    def __init__(self, payload: bytes, groups: tuple[str, ...] = (), origin: NodeId = NO_NODE) -> None:
        self.payload = payload
        self.groups = groups
        self.origin = origin
        self._opened: Message | None = None

    def open(self) -> Message:
        """Return the message, for this receiver alone."""
        message: Message = _decode(memoryview(self.payload)[1:])
        if self.payload[0] == NAMED[0]:
            message["groups"] = list(self.groups)
        return message

    def open_shared(self) -> Message:
        """Return the message for a receiver that leaves nested values as they are: others may get the same ones."""
        opened = self._opened
        if opened is None:
            opened = self._opened = self.open()
        return opened.copy()


def pack(message: Message) -> bytes:
    """Return the payload of a message. Raises TypeError when it is no dict of plain values."""
    return PLAIN + _encode(message if type(message) is dict else require_message(message))


def pack_named(message: Message) -> bytes:
    """Return the payload of a message whose receivers are told its groups."""
    return NAMED + _encode(message if type(message) is dict else require_message(message))


def repack(parcel: Parcel) -> bytes:
    """Return a payload that carries the groups within, for a way on which they have no place of their own."""
    return parcel.payload if parcel.payload[:1] == PLAIN else pack(parcel.open())


def require_message(message: object) -> Message:
    """Return the message. Raises TypeError for what is none."""
    if not isinstance(message, dict):
        raise TypeError(f"a message is a dict, not {type(message).__name__}")
    return message
