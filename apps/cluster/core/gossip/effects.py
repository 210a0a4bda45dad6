"""What the gossip of a node wants done."""

from dataclasses import dataclass, field

from apps.cluster.core.gossip.messages import GossipMessage
from apps.cluster.core.gossip.peers import Address, Peer


@dataclass(slots=True)
class Effects:
    """Sends, each of which may get lost, and what is believed anew."""

    datagrams: list[tuple[Address, GossipMessage]] = field(default_factory=list)
    streams: list[tuple[Address, GossipMessage]] = field(default_factory=list)
    """To be sent over TCP: too large for a datagram, or sent because datagrams do not seem to get there."""
    changes: list[Peer] = field(default_factory=list)
    """Peers whose status, address or meta changed, in this order."""
