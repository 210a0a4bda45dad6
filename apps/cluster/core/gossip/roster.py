"""Everybody a node knows, kept in the ways the rest of gossip looks at them. Whom to believe is `beliefs`."""

from collections.abc import Iterator

from apps.cluster.core.gossip.chance import Pool, Ring
from apps.cluster.core.gossip.digest import Digest, bucket_of
from apps.cluster.core.gossip.messages import Dead, Suspect
from apps.cluster.core.gossip.peers import LIVING, Peer, Status
from apps.cluster.core.ids import NodeId, Random

FAR_MS = 1 << 62
"""A deadline that never comes."""


class Roster:
    """Peers by node. `living` and `fallen` leave out this node itself and those that said goodbye."""

    def __init__(self, node: NodeId, peers_max: int, keep_ms: int, rng: Random) -> None:
        self.node = node
        self.peers: dict[NodeId, Peer] = {}
        self.living = Pool()
        self.fallen = Pool()
        self.ring = Ring(self.living, rng)
        self.digest = Digest()
        self._peers_max = peers_max
        self._keep_ms = keep_ms
        self._gone: dict[NodeId, int] = {}
        self._forgotten: dict[NodeId, int] = {}

    @property
    def me(self) -> Peer:
        """This node."""
        return self.peers[self.node]

    @property
    def count(self) -> int:
        """How many nodes live, this one included."""
        return len(self.living) + 1

    @property
    def next_deadline_ms(self) -> int:
        """When the next of the dead is to be forgotten."""
        return next(iter(self._gone.values()), FAR_MS - self._keep_ms) + self._keep_ms

    def put(self, peer: Peer) -> None:
        """Believe this of a node from now on."""
        node, before = peer.node, self.peers.get(peer.node)
        if before is not None:
            self.digest.turn(before)
        self.peers[node] = peer
        self.digest.turn(peer)
        self._forgotten.pop(node, None)
        if node != self.node and (before is None or before.status is not peer.status):
            self._sort_in(peer)

    def has_room(self) -> bool:
        """Whether one more can be known; the longest dead is forgotten for it."""
        if len(self.peers) >= self._peers_max and self._gone:
            self.drop(next(iter(self._gone)))
        return len(self.peers) < self._peers_max

    def drop(self, node: NodeId) -> Peer:
        """Forget a node but for the incarnation it was last accused in."""
        peer = self.peers.pop(node)
        self.digest.turn(peer)
        self.living.discard(node)
        self.fallen.discard(node)
        self._gone.pop(node, None)
        if peer.status not in LIVING:
            self._forgotten[node] = peer.accused
            if len(self._forgotten) > self._peers_max:
                del self._forgotten[next(iter(self._forgotten))]
        return peer

    def forget(self, now_ms: int) -> None:
        """Forget those that have been dead for long enough."""
        while now_ms >= self.next_deadline_ms:
            self.drop(next(iter(self._gone)))

    def grave_of(self, node: NodeId) -> int:
        """Return the incarnation up to which news of a node's life are old; -1 when it never died."""
        peer = self.peers.get(node)
        if peer is None:
            return self._forgotten.get(node, -1)
        return -1 if peer.status in LIVING else peer.accused

    def part(self, buckets: frozenset[int]) -> Iterator[Peer]:
        """Yield the peers in these parts of the digest, in the order in which they came."""
        return (peer for peer in self.peers.values() if bucket_of(peer.node) in buckets)

    def accusation(self, node: NodeId) -> Suspect | Dead | None:
        """Return what a node has to refute that is believed to be suspect or dead, or remembered as such."""
        peer = self.peers.get(node)
        if peer is None:
            grave = self._forgotten.get(node)
            return None if grave is None else Dead(node, grave, self.node)
        if peer.status is Status.SUSPECT:
            return Suspect(node, peer.accused, self.node)
        return Dead(node, peer.accused, self.node) if peer.status is Status.DEAD else None

    def _sort_in(self, peer: Peer) -> None:
        node = peer.node
        self._gone.pop(node, None)
        self.fallen.discard(node)
        if peer.status in LIVING:
            self.living.add(node)
            self.ring.insert(node)
            return
        self.living.discard(node)
        self._gone[node] = peer.since_ms
        if peer.status is Status.DEAD:
            self.fallen.add(node)
