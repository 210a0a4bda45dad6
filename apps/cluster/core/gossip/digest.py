"""A fingerprint of what a node knows, in parts, so that two nodes find out cheaply where they differ.

Only the living count. The dead are forgotten at different times, and must not be brought back by each other's memory.
"""

import struct
from hashlib import blake2b

from apps.cluster.core.gossip.messages import BUCKETS
from apps.cluster.core.gossip.peers import LIVING, Peer
from apps.cluster.core.ids import NodeId

_PARTS = struct.Struct(f">{BUCKETS}Q")
_FACT = struct.Struct(">QQH")


def bucket_of(node: NodeId) -> int:
    """Return the part a node belongs to."""
    return node % BUCKETS


def fingerprint(peer: Peer) -> int:
    """Return 64 bits that say who is where in which incarnation; 0 for one that does not live."""
    if peer.status not in LIVING:
        return 0
    host, port = peer.address
    fact = _FACT.pack(peer.node, peer.incarnation, port) + host.encode()
    return int.from_bytes(blake2b(fact, digest_size=8).digest(), "big")


class Digest:
    """The fingerprints of each part, added up without carry."""

    def __init__(self) -> None:
        self._parts = [0] * BUCKETS

    def turn(self, peer: Peer) -> None:
        """Take a peer in, or out if it was in."""
        self._parts[bucket_of(peer.node)] ^= fingerprint(peer)

    def pack(self) -> bytes:
        """Return it as a message carries it."""
        return _PARTS.pack(*self._parts)

    def differing(self, other: bytes) -> tuple[int, ...]:
        """Return the parts in which another's packed digest differs."""
        theirs = _PARTS.unpack(other)
        return tuple(part for part in range(BUCKETS) if theirs[part] != self._parts[part])
