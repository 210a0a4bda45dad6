"""A cluster's state as bytes: what snapshots hold, and what a cluster begins with.

The same state always gives the same bytes, on every node. Not here: checksums and files, which are the log's.
"""

import msgspec

from apps.cluster.core.ids import NodeId
from apps.cluster.core.slots import SlotRange
from apps.cluster.core.state.commands import UNDECODABLE, CommandUnknown
from apps.cluster.core.state.leases import Lease
from apps.cluster.core.state.members import MemberRecord, Removal

FORMAT = 1
"""How these bytes are laid out; a program refuses a newer format than its own."""


class StateInvalid(ValueError):
    """What was to be read as a state is none."""


class Image(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Everything the log has decided so far, each part in its one order."""

    cluster_id: str
    version: int
    index: int
    time_ms: int
    members: tuple[MemberRecord, ...]
    removals: tuple[Removal, ...]
    ranges: tuple[SlotRange, ...]
    leases: tuple[Lease, ...]
    requests: tuple[tuple[NodeId, int], ...]


class _Framed(msgspec.Struct, frozen=True, array_like=True):
    """The format comes first and stays where it is in every later one."""

    format: int
    version: int
    image: msgspec.Raw


_framed = msgspec.msgpack.Decoder(_Framed)
_image = msgspec.msgpack.Decoder(Image)
_encoder = msgspec.msgpack.Encoder()


def pack(image: Image) -> bytes:
    """Write a state."""
    return _encoder.encode(_Framed(FORMAT, image.version, msgspec.Raw(_encoder.encode(image))))


def unpack(data: bytes, supported: int) -> Image:
    """Read a state. Raises CommandUnknown if a newer program wrote it, StateInvalid if none did."""
    try:
        framed = _framed.decode(data)
        if framed.format > FORMAT or framed.version > supported:
            raise CommandUnknown(max(framed.version, supported + 1), supported)
        return _image.decode(framed.image)
    except UNDECODABLE as error:
        raise StateInvalid(f"not the state of a cluster: {error}") from error
