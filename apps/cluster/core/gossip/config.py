"""The knobs of gossip, each with its unit, default, formula and what it is traded against."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GossipConfig:
    """Times in milliseconds. Raises ValueError where the values do not fit together."""

    probe_interval_ms: int = 1_000
    """Every node asks one other per interval. Shorter finds failures sooner and costs packets in proportion."""
    probe_timeout_ms: int = 500
    """How long a direct answer may take before others are asked to ask: the 99th percentile of a round trip, and
    below the interval by at least as much again, for the indirect answers."""
    indirect_probes: int = 3
    """How many others are asked to ask. With loss p a probe of a healthy node fails with about (2p)·(4p)^k."""
    suspicion_mult: int = 4
    """A suspect that nobody else suspects dies after `suspicion_mult · log10(nodes) · probe_interval · max_mult`, one
    that enough others (`suspicion_mult - 2`) suspect too after that without `max_mult`."""
    suspicion_max_mult: int = 6
    """How much longer a suspicion lasts that nobody confirms: protects healthy nodes from a sick accuser."""
    awareness_max: int = 8
    """A node that finds itself slow stretches its probes up to this many times."""
    gossip_interval_ms: int = 200
    """How often news are sent while there are any."""
    gossip_fanout: int = 3
    """To how many nodes at a time."""
    retransmit_mult: int = 4
    """Every node sends a piece of news `retransmit_mult · ceil(log10(nodes + 1))` times."""
    packet_bytes: int = 1_200
    """Most bytes of a datagram before it is sealed: below the smallest MTU met in practice less 60 bytes of seal."""
    push_pull_ms: int = 30_000
    """How often a node compares what it knows with another one. Digests first, so it costs the same in any cluster."""
    sync_least_ms: int = 1_000
    """The least time between two comparisons that something unexpected calls for."""
    sync_bytes: int = 262_144
    """Most bytes of news in one message over a stream. The rest follows in further rounds."""
    reconnect_ms: int = 1_000
    """How often one of the dead is called, with a chance of dead to living, so that a healed partition is noticed."""
    join_retry_ms: int = 1_000
    """After what time an address to join that has not answered is tried again; doubles with each try, to the most."""
    join_retry_max_ms: int = 60_000
    """The most of that. While a node knows nobody it is a twelfth."""
    dead_keep_ms: int = 86_400_000
    """How long the dead are shown and called. Afterwards only their incarnation is kept, so that old news cannot
    raise them."""
    peers_max: int = 10_000
    """Most nodes known, the dead included, and as many forgotten ones. The longest dead make room; where nobody is
    dead a new node is refused."""

    def __post_init__(self) -> None:
        if not 0 < self.probe_timeout_ms < self.probe_interval_ms:
            raise ValueError(f"a probe's timeout of {self.probe_timeout_ms} ms must be shorter than its interval")
        if min(self.suspicion_mult, self.suspicion_max_mult, self.retransmit_mult, self.gossip_fanout) < 1:
            raise ValueError("the multipliers and the fanout of gossip must be at least 1")
        if min(self.awareness_max, self.peers_max) < 1 or self.indirect_probes < 0:
            raise ValueError("the bounds of gossip must be at least 1")
        if self.packet_bytes < PACKET_BYTES_LEAST or self.sync_bytes < PACKET_BYTES_LEAST:
            raise ValueError(f"a packet must hold any piece of news: at least {PACKET_BYTES_LEAST} bytes")
        if min(self.gossip_interval_ms, self.push_pull_ms, self.reconnect_ms, self.join_retry_ms) < 1:
            raise ValueError("the intervals of gossip must be at least 1 ms")

    def suspicion_least_ms(self, nodes: int) -> int:
        """How long a suspect has at least to refute. Grows like the time news take (Lifeguard §IV-B)."""
        return int(self.suspicion_mult * max(1.0, math.log10(max(1, nodes))) * self.probe_interval_ms)

    def suspicion_most_ms(self, nodes: int) -> int:
        """How long it has when nobody confirms the suspicion."""
        return self.suspicion_least_ms(nodes) * self.suspicion_max_mult

    def confirmations(self, nodes: int) -> int:
        """How many further accusers bring the time down to its least; 0 where there are not so many nodes."""
        wanted = max(0, self.suspicion_mult - 2)
        return wanted if nodes - 2 >= wanted else 0

    def retransmits(self, nodes: int) -> int:
        """How often this node passes a piece of news on."""
        return self.retransmit_mult * math.ceil(math.log10(nodes + 1))


PACKET_BYTES_LEAST = 1_000
"""An `Alive` with the longest host and meta takes about 800 bytes, the head of the longest message 320."""
