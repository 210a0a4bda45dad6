"""Bodies of events in a conversation's log: what a person sends, and what the server writes itself.

Each kind has one struct; `canonical_body` validates untrusted JSON against it and returns the one encoding that is
stored, compared and delivered. Files are named by reference here; storing them is not this module's business.
"""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

MAX_BODY_BYTES: Final = 32 * 1024
MAX_TEXT_CHARS: Final = 20_000

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Mime = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$", max_length=127)]
SizeBytes = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Pixels = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
DurationMs = Annotated[int, msgspec.Meta(ge=0, le=7 * 24 * 3600 * 1000)]


class InvalidBody(ValueError):
    """The body does not fit its kind; the text says which field and why."""


class Body(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """Common settings of every body: unknown fields are refused, defaults are left out of the encoding."""


class Text(Body, frozen=True):
    """Plain text. Clients show it as text, never as markup."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
    mentions: Annotated[list[UUID], msgspec.Meta(max_length=200)] = []


class Image(Body, frozen=True):
    """A picture by reference, with its size in pixels so that a client can lay it out before loading it."""

    file: Reference
    mime: Mime
    size_bytes: SizeBytes
    width: Pixels
    height: Pixels
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""


class Audio(Body, frozen=True):
    """A voice message or sound by reference."""

    file: Reference
    mime: Mime
    size_bytes: SizeBytes
    duration_ms: DurationMs
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""


class Video(Body, frozen=True):
    """A film by reference, with an optional reference to its poster picture."""

    file: Reference
    mime: Mime
    size_bytes: SizeBytes
    duration_ms: DurationMs
    width: Pixels
    height: Pixels
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    poster: Annotated[str, msgspec.Meta(max_length=512)] = ""


class File(Body, frozen=True):
    """Any other file by reference; the name is what the receiver saves it as."""

    file: Reference
    name: Label
    mime: Mime
    size_bytes: SizeBytes


class Location(Body, frozen=True):
    """A place: WGS 84 degrees, and how people call it."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    address: Annotated[str, msgspec.Meta(max_length=512)] = ""


class Custom(Body, frozen=True):
    """An application's own message: a type it owns (`vendor.card`) and any JSON object."""

    type: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=64)]
    data: dict[str, Any] = {}


class ConversationCreated(Body, frozen=True):
    """First event of every log."""

    title: str = ""
    members: list[UUID] = []


class MembersAdded(Body, frozen=True):
    """These users joined; they see the log from this event on."""

    members: list[UUID]


class MembersRemoved(Body, frozen=True):
    """These users are no longer members: removed by the sender, or the sender herself when she left."""

    members: list[UUID]


class ConversationRenamed(Body, frozen=True):
    """The group has another title."""

    title: str


class MemberRoleChanged(Body, frozen=True):
    """A member became owner, admin or member."""

    member: UUID
    role: str


MESSAGE_BODIES: Final[dict[str, type[Body]]] = {
    "text": Text,
    "image": Image,
    "audio": Audio,
    "video": Video,
    "file": File,
    "location": Location,
    "custom": Custom,
}
"""Kinds a person may send; they count as unread."""

SYSTEM_BODIES: Final[dict[str, type[Body]]] = {
    "conversation_created": ConversationCreated,
    "members_added": MembersAdded,
    "members_removed": MembersRemoved,
    "conversation_renamed": ConversationRenamed,
    "member_role_changed": MemberRoleChanged,
}
"""Kinds only the server writes; they never count as unread."""

_DECODERS: Final = {kind: msgspec.json.Decoder(body) for kind, body in MESSAGE_BODIES.items()}
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def canonical_body(kind: str, data: bytes | msgspec.Raw) -> bytes:
    """Validate what a client sent as the body of a `kind` message and return its canonical JSON bytes.

    The same content always gives the same bytes, whatever the order of keys or white space of the input.
    Raises InvalidBody for an unknown or server-only kind, a body that does not fit, or one over MAX_BODY_BYTES.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise InvalidBody(f"kind {kind[:32]!r} is not one a client can send")
    try:
        encoded = _ENCODER.encode(decoder.decode(data))
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeError) as error:
        raise InvalidBody(str(error)) from error
    return _bounded(encoded)


def system_body(kind: str, body: Body) -> bytes:
    """Encode a body the server writes itself. Raises InvalidBody when it does not belong to `kind`."""
    expected = SYSTEM_BODIES.get(kind)
    if expected is None or type(body) is not expected:
        raise InvalidBody(f"{type(body).__name__} is not the body of a {kind!r} event")
    return _ENCODER.encode(body)


def _bounded(encoded: bytes) -> bytes:
    if len(encoded) > MAX_BODY_BYTES:
        raise InvalidBody(f"body has {len(encoded)} bytes, at most {MAX_BODY_BYTES} are allowed")
    return encoded
