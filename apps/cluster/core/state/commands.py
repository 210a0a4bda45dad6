"""What can be written into the log, and how.

Every entry is an envelope: version, origin, request, command. The version says what a program must understand; one
that does not must stop, because a skipped command would make its state another than everybody else's. Bytes that no
program would have written are an outcome (`invalid`), the same on all nodes. Not here: what commands do.
"""

from typing import Annotated, Final

import msgspec

from apps.cluster.core.ids import NodeId
from apps.cluster.core.slots import SLOTS, Assignment, Span

VERSION: Final = 1
"""The newest version of commands, records and snapshots this program understands."""

NODE_MAX = (1 << 63) - 1
INDEX_MAX = (1 << 63) - 1
TEXT_MAX = 255
URL_MAX = 512
WEIGHT_MAX = 1_000_000
LEASE_KEY_MAX = 200
LEASE_TTL_MAX_MS = 86_400_000

Node = Annotated[NodeId, msgspec.Meta(ge=1, le=NODE_MAX)]
Index = Annotated[int, msgspec.Meta(ge=0, le=INDEX_MAX)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
LeaseKey = Annotated[str, msgspec.Meta(min_length=1, max_length=LEASE_KEY_MAX)]
LeaseTtl = Annotated[int, msgspec.Meta(ge=1, le=LEASE_TTL_MAX_MS)]


class CommandUnknown(Exception):
    """The log or a snapshot has something this program does not understand: it is too old and must stop."""

    def __init__(self, needs: int, supported: int) -> None:
        self.needs = needs
        self.supported = supported
        super().__init__(f"the cluster works by version {needs}, this program understands {supported}")


class Malformed(Exception):
    """Not a command at any version."""

    def __init__(self, origin: NodeId, request: int) -> None:
        self.origin = origin
        self.request = request
        super().__init__(f"request {request} of node {origin} is not a command")


class _Command(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What all commands have in common."""


class PutMember(_Command, frozen=True, tag="pm"):
    """Take a node in as member, or write down what is different about it."""

    node: Node
    name: Text
    host: Text
    control_port: Port
    data_port: Port
    public_url: Annotated[str, msgspec.Meta(max_length=URL_MAX)]
    weight: Annotated[int, msgspec.Meta(ge=0, le=WEIGHT_MAX)]
    version: Annotated[int, msgspec.Meta(ge=1, le=INDEX_MAX)]


class RemoveMember(_Command, frozen=True, tag="rm"):
    """Forget a member without slots; `for_good`: and never take it in again."""

    node: Node
    for_good: bool


class SetDraining(_Command, frozen=True, tag="dr"):
    """Let a member have slots, or no longer."""

    node: Node
    draining: bool


class Retire(_Command, frozen=True, tag="rt"):
    """Let the leader take slots, vote and membership from a member, in this order."""

    node: Node


class ReleaseSlots(_Command, frozen=True, tag="rs"):
    """Take slots from `owner`. Nothing happens unless it owns all of them, unchanged since `expected_epoch`."""

    spans: tuple[Span, ...]
    owner: Node
    expected_epoch: Index


class AssignSlots(_Command, frozen=True, tag="as"):
    """Give slots to owners. Nothing happens unless nobody owns any of them, unchanged since `expected_epoch`.

    So a slot always goes from an owner to nobody before it goes to the next one, and a proposal that comes late can
    never take it from somebody who serves it.
    """

    assignments: tuple[Assignment, ...]
    expected_epoch: Index


class AcquireLease(_Command, frozen=True, tag="la"):
    """Take the lease on a key that nobody holds. The same `nonce` again gets the same lease."""

    key: LeaseKey
    holder: Node
    ttl_ms: LeaseTtl
    nonce: Index


class RenewLease(_Command, frozen=True, tag="ln"):
    """Hold a lease for `ttl_ms` from now, never shorter than before."""

    key: LeaseKey
    token: Index
    ttl_ms: LeaseTtl


class ReleaseLease(_Command, frozen=True, tag="lr"):
    """Give a lease back before it runs out."""

    key: LeaseKey
    token: Index


class RaiseVersion(_Command, frozen=True, tag="rv"):
    """Agree on a newer version, once every member's program understands it. There is no way back."""

    version: Annotated[int, msgspec.Meta(ge=1, le=INDEX_MAX)]


Command = (
    PutMember
    | RemoveMember
    | SetDraining
    | Retire
    | ReleaseSlots
    | AssignSlots
    | AcquireLease
    | RenewLease
    | ReleaseLease
    | RaiseVersion
)

SINCE: Final[dict[str, int]] = dict.fromkeys(("pm", "rm", "dr", "rt", "rs", "as", "la", "ln", "lr", "rv"), 1)
"""Which version brought each command. A command, once released, keeps its fields and its meaning for ever."""


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=INDEX_MAX)]
    origin: Node
    request: Annotated[int, msgspec.Meta(ge=1, le=INDEX_MAX)]
    command: msgspec.Raw


_sealed = msgspec.msgpack.Decoder(_Sealed)
_command: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_encoder = msgspec.msgpack.Encoder()
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading foreign msgpack may raise."""


class Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A command on its way through the log. `version`: what the cluster agreed on when it was proposed."""

    version: int
    origin: NodeId
    request: int
    command: Command

    def encode(self) -> bytes:
        """Write the entry. Raises ValueError for values no state machine would accept."""
        data = _encoder.encode(self)
        try:
            Envelope.decode(data)
        except Malformed as error:
            raise ValueError(f"{self.command} is out of bounds") from error
        return data

    @classmethod
    def decode(cls, data: bytes, supported: int = VERSION) -> "Envelope":
        """Read an entry. Raises CommandUnknown for what only newer programs understand, else Malformed."""
        try:
            sealed = _sealed.decode(data)
        except UNDECODABLE as error:
            raise Malformed(NodeId(0), 0) from error
        if sealed.version > supported:
            raise CommandUnknown(sealed.version, supported)
        return cls(sealed.version, sealed.origin, sealed.request, _read_command(sealed, supported))


def _read_command(sealed: _Sealed, supported: int) -> Command:
    try:
        command = _command.decode(sealed.command)
        _check_spans(command)
    except UNDECODABLE as error:
        if _unknown_tag(sealed.command):
            raise CommandUnknown(supported + 1, supported) from error
        raise Malformed(sealed.origin, sealed.request) from error
    return command


def _unknown_tag(raw: msgspec.Raw) -> bool:
    """Whether this is a command, but none of ours."""
    try:
        fields = msgspec.msgpack.decode(raw, type=list[object])
    except UNDECODABLE:
        return False
    return bool(fields) and isinstance(fields[0], str) and fields[0] not in SINCE


def _check_spans(command: Command) -> None:
    """Refuse slots that do not exist, and the same slot twice."""
    parts: tuple[Span | Assignment, ...] = ()
    if isinstance(command, ReleaseSlots):
        parts = command.spans
    elif isinstance(command, AssignSlots):
        parts = command.assignments
    following = 0
    for part in sorted(parts, key=lambda part: part.first):
        if not following <= part.first <= part.last < SLOTS:
            raise msgspec.ValidationError(f"slots {part.first} to {part.last} do not exist, or are named twice")
        following = part.last + 1
