"""Identifiers that clients and server must agree on: typed ids and the client-made message id.

A message id is 48 bytes: version (1) ‖ sender (16) ‖ terminal (16) ‖ unix time in ms, big endian (6) ‖ random (9).
On the wire it is base64url without padding, always 64 characters, so text and bytes map one to one.
This module is pure: time and randomness come in as arguments.
"""

import base64
import binascii
import re
from typing import NewType
from uuid import UUID

import msgspec

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", UUID)
TerminalId = NewType("TerminalId", UUID)
ConversationId = NewType("ConversationId", UUID)

MESSAGE_ID_VERSION = 1
MESSAGE_ID_BYTES = 48
MESSAGE_ID_CHARS = 64
MESSAGE_ID_RANDOM_BYTES = 9
MESSAGE_ID_PATTERN = r"^[A-Za-z0-9_-]{64}$"

_TIME_BYTES = 6
_TIME_LIMIT_MS = 1 << (8 * _TIME_BYTES)
_TEXT = re.compile(r"[A-Za-z0-9_-]{64}")


class InvalidMessageId(ValueError):
    """The text or bytes are not a message id of a version this server knows."""


class MessageId(msgspec.Struct, frozen=True):
    """A parsed message id. `time_ms` is the client's clock, so it is informative only and never orders messages."""

    sender: UserId
    terminal: TerminalId
    time_ms: int
    random: bytes

    def to_bytes(self) -> bytes:
        """Return the 48 bytes stored in the database."""
        return b"".join(
            (
                bytes((MESSAGE_ID_VERSION,)),
                self.sender.bytes,
                self.terminal.bytes,
                self.time_ms.to_bytes(_TIME_BYTES, "big"),
                self.random,
            )
        )

    def to_text(self) -> str:
        """Return the 64 characters used on the wire."""
        return encode_message_id(self.to_bytes())


def make_message_id(sender: UserId, terminal: TerminalId, *, time_ms: int, random: bytes) -> MessageId:
    """Build a message id from the sender, her terminal, unix time in ms (48 bits) and 9 random bytes.

    Raises InvalidMessageId when the time or the random part is out of range.
    """
    if not 0 <= time_ms < _TIME_LIMIT_MS:
        raise InvalidMessageId(f"time {time_ms} ms does not fit 48 bits")
    if len(random) != MESSAGE_ID_RANDOM_BYTES:
        raise InvalidMessageId(f"random part has {len(random)} bytes, needs {MESSAGE_ID_RANDOM_BYTES}")
    return MessageId(sender, terminal, time_ms, random)


def decode_message_id(text: str) -> bytes:
    """Turn the 64 wire characters into 48 bytes without looking inside. Raises InvalidMessageId."""
    if _TEXT.fullmatch(text) is None:
        raise InvalidMessageId("a message id is 64 characters of base64url")
    try:
        return base64.urlsafe_b64decode(text)
    except (
        binascii.Error,
        ValueError,
    ) as error:  # pragma: no cover - the pattern above leaves nothing to fail
        raise InvalidMessageId("a message id is 64 characters of base64url") from error


def encode_message_id(data: bytes) -> str:
    """Turn 48 bytes into the 64 wire characters."""
    return base64.urlsafe_b64encode(data).decode("ascii")


def parse_message_id(text: str) -> MessageId:
    """Parse the 64 wire characters. Raises InvalidMessageId on a wrong form or an unknown version."""
    return parse_message_id_bytes(decode_message_id(text))


def own_message_id(text: str, sender: UserId, terminal: TerminalId) -> bytes | None:
    """Return the 48 bytes of an id that this sender made on this terminal, None when somebody else made it.

    The same as parsing and comparing, without making objects of what is only compared. Raises InvalidMessageId.
    """
    data = decode_message_id(text)
    if data[0] != MESSAGE_ID_VERSION:
        raise _unknown_version(data[0])
    return data if data[1:33] == sender.bytes + terminal.bytes else None


def parse_message_id_bytes(data: bytes) -> MessageId:
    """Parse the 48 stored bytes. Raises InvalidMessageId on a wrong length or an unknown version."""
    if len(data) != MESSAGE_ID_BYTES:
        raise InvalidMessageId(f"a message id has {MESSAGE_ID_BYTES} bytes, not {len(data)}")
    if data[0] != MESSAGE_ID_VERSION:
        raise _unknown_version(data[0])
    return MessageId(
        UserId(UUID(bytes=data[1:17])),
        TerminalId(UUID(bytes=data[17:33])),
        int.from_bytes(data[33:39], "big"),
        data[39:],
    )


def _unknown_version(version: int) -> InvalidMessageId:
    return InvalidMessageId(f"message id version {version} is unknown, this server speaks {MESSAGE_ID_VERSION}")
