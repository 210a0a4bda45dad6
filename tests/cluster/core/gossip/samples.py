"""Peers, and the parts of a gossip put together around them, for tests of one part."""

import random
from collections import Counter

from apps.cluster.core.gossip import Address, Effects, GossipConfig, Meta, Peer, Status
from apps.cluster.core.gossip.beliefs import Beliefs
from apps.cluster.core.gossip.courier import Courier, Numbers
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.ids import NodeId

ME = NodeId(1)
CONFIG = GossipConfig()


def address_of(node: int) -> Address:
    return (f"h{node}", 8002)


def peer(node: int, status: Status = Status.ALIVE, incarnation: int = 10, since_ms: int = 0) -> Peer:
    accused = -1 if status is Status.ALIVE else incarnation
    return Peer(NodeId(node), address_of(node), incarnation, status, Meta(f"n{node}"), since_ms, accused)


class Parts:
    """Roster, beliefs and courier of node 1 among others."""

    def __init__(self, *peers: Peer, config: GossipConfig = CONFIG) -> None:
        self.config = config
        self.rng = random.Random(1)
        self.effects = Effects()
        self.rejected: Counter[str] = Counter()
        self.numbers = Numbers()
        self.roster = Roster(ME, config.peers_max, config.dead_keep_ms, self.rng)
        for known in (peer(1), *peers):
            self.roster.put(known)
        self.beliefs = Beliefs(self.roster, config, self.effects, self.rejected)
        self.courier = Courier(config, self.roster, self.beliefs.queue, self.effects)

    def status(self, node: int) -> Status:
        return self.roster.peers[NodeId(node)].status
