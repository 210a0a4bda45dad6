"""What is known of a node: where it is, how new the news is, what it says of itself, and whether it seems to live.

These are views and parts of messages. How one belief replaces another is `beliefs`.
"""

import enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta as Limit

from apps.cluster.core.ids import NodeId

META_BYTES = 512
"""Most bytes of a packed `Meta`. News with more are refused; to say more of oneself raises `MetaRefused`."""
INCARNATION_MAX = 1 << 62
"""No incarnation is higher. At one step a millisecond it would last for millions of years."""

Host = Annotated[str, Limit(min_length=1, max_length=253)]
Port = Annotated[int, Limit(ge=1, le=65_535)]
Address = tuple[Host, Port]
"""Host and port of a node's control port, UDP and TCP alike."""
Incarnation = Annotated[int, Limit(ge=0, le=INCARNATION_MAX)]
Node = Annotated[NodeId, Limit(ge=1, le=(1 << 63) - 1)]


class MetaRefused(ValueError):
    """What a node wants to say of itself is not within the bounds."""


class Status(enum.StrEnum):
    """What is believed of a node. `LEFT`: it said goodbye itself, so nobody need be alarmed."""

    ALIVE = "alive"
    SUSPECT = "suspect"
    DEAD = "dead"
    LEFT = "left"


LIVING = (Status.ALIVE, Status.SUSPECT)
"""Those that are probed, told news and counted. A suspect lives until its time is up."""


NO_VOTE: Final = "novote"
"""Among a node's roles: it should not be given a vote. Nodes that share a machine with another one say so, for the loss
of the machine would cost all their votes at once, and another number of them may run after the next start."""


class Meta(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a node says of itself."""

    name: Annotated[str, Limit(min_length=1, max_length=64)]
    cluster: Annotated[str, Limit(max_length=64)] = ""
    """The cluster it belongs to; empty while it belongs to none."""
    version: Annotated[int, Limit(ge=0, le=65_535)] = 1
    data_port: Annotated[int, Limit(ge=0, le=65_535)] = 0
    public_url: Annotated[str, Limit(max_length=255)] = ""
    weight: Annotated[int, Limit(ge=0, le=1_000_000)] = 100
    expect: Annotated[int, Limit(ge=0, le=1_000)] = 1
    """How many nodes it was told to form a cluster with."""
    founded: bool = False
    load: Annotated[int, Limit(ge=0, le=1 << 32)] = 0
    roles: Annotated[tuple[Annotated[str, Limit(max_length=32)], ...], Limit(max_length=8)] = ()
    """What it does, in words that only operators and `NO_VOTE` give a meaning; older versions say nothing."""


class Peer(msgspec.Struct, frozen=True):
    """What this node believes of a node, itself included."""

    node: NodeId
    address: Address
    incarnation: int
    """The incarnation in which the node said what `address` and `meta` hold."""
    status: Status
    meta: Meta
    since_ms: int = 0
    """When the status changed last, by this node's clock."""
    accused: int = -1
    """The highest incarnation that was suspected, declared dead or left. The node is `ALIVE` if and only if it has
    spoken in a higher one since."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Meta)


def fits(meta: Meta) -> bool:
    """Whether what a node says of itself is short enough to be passed on."""
    return len(_ENCODER.encode(meta)) <= META_BYTES


def check_meta(meta: Meta) -> None:
    """Hold what this node wants to say to the bounds that the others will hold it to. Raises MetaRefused."""
    if not fits(meta):
        raise MetaRefused(f"what node {meta.name} says of itself takes more than {META_BYTES} bytes")
    try:
        _DECODER.decode(_ENCODER.encode(meta))
    except msgspec.ValidationError as error:
        raise MetaRefused(f"what node {meta.name} says of itself is refused: {error}") from error
