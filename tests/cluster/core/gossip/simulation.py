"""Many gossiping nodes in one thread and virtual time: latency, loss, partitions, slow, stopped and crashed nodes.

The same seed and calls give the same run. What every node came to believe, and when, is kept in `sightings`.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from apps.cluster.core.gossip import (
    Address,
    Alive,
    Gossip,
    GossipConfig,
    GossipMessage,
    Meta,
    Peer,
    Status,
    SyncReply,
    SyncRequest,
)
from apps.cluster.core.gossip.messages import BUCKETS
from apps.cluster.core.ids import NodeId

BOOT = 1 << 20
PORT = 8002
STREAM_RETRY_MS = 200
"""What a lost segment costs a stream."""
SEAL_BYTES = 28 + 36
"""IP and UDP headers, and about what sealing adds, to every datagram when bytes are counted."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One node came to believe something of another."""

    at_ms: int
    observer: NodeId
    peer: Peer


@dataclass(slots=True)
class Host:
    """One node: its process, if it runs, and the machine below it."""

    node: NodeId
    address: Address
    boot: int = 0
    gossip: Gossip | None = None
    tick_ms: int = -1
    """When its next tick is on the heap; -1 for none."""
    stopped_until_ms: int = 0
    sluggish_ms: int = 0
    """Everything it does comes up to this late."""
    clock_ms: int = 0
    """How far its clock is ahead."""


@dataclass(slots=True)
class Traffic:
    """What was sent."""

    datagrams: int = 0
    streams: int = 0
    size_bytes: int = 0
    largest_bytes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


class Network:
    """The nodes and what is between them. Times in milliseconds since the start."""

    def __init__(self, seed: int = 1, config: GossipConfig | None = None, latency_ms: tuple[int, int] = (1, 5)) -> None:
        self.now_ms = 0
        self.config = config or GossipConfig()
        self.rng = random.Random(seed)
        self.hosts: dict[NodeId, Host] = {}
        self.sightings: list[Sighting] = []
        self.loss = 0.0
        self.duplication = 0.0
        self.stream_loss = 0.0
        """What part of what goes over a stream is lost for good, as if only datagrams could get through."""
        self.traffic = Traffic()
        self.counts_bytes = False
        self._latency_ms = latency_ms
        self._at: dict[Address, NodeId] = {}
        self._island: dict[NodeId, int] = {}
        self._cuts: set[tuple[NodeId, NodeId]] = set()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    # What happens to nodes

    def add(self, node: int, meta: Meta | None = None, seeds: Sequence[Address] = ()) -> Gossip:
        """Switch a node on for the first time."""
        host = Host(NodeId(node), (f"h{node}", PORT))
        self.hosts[host.node] = host
        return self.boot(node, meta, seeds)

    def boot(
        self, node: int, meta: Meta | None = None, seeds: Sequence[Address] = (), at: Address | None = None
    ) -> Gossip:
        """Start a node's process again, perhaps at another address. What it knew is gone."""
        host = self.hosts[NodeId(node)]
        host.address = at or host.address
        self._at[host.address] = host.node
        host.boot += 1
        rng = random.Random(self.rng.getrandbits(64))
        meta = meta or Meta(f"n{node}")
        now_ms = self.clock(host)
        gossip = Gossip(host.node, host.address, meta, host.boot * BOOT, self.config, rng, now_ms)
        host.gossip = gossip
        if seeds:
            gossip.join(seeds, now_ms)
        self._settle(host)
        return gossip

    def crash(self, *nodes: int) -> None:
        """Kill processes; nobody is told."""
        for node in nodes:
            self.hosts[NodeId(node)].gossip = None

    def stop(self, node: int, duration_ms: int) -> None:
        """Stop a process for a while, as SIGSTOP does. What comes in meanwhile waits."""
        self.hosts[NodeId(node)].stopped_until_ms = self.now_ms + duration_ms

    def do(self, node: int, deed: Callable[[Gossip, int], None]) -> None:
        """Have a node do something, with its own time."""
        host = self.hosts[NodeId(node)]
        assert host.gossip is not None, f"node {node} is down"
        deed(host.gossip, self.clock(host))
        self._settle(host)

    def gossip(self, node: int) -> Gossip:
        """Return a running node's gossip."""
        gossip = self.hosts[NodeId(node)].gossip
        assert gossip is not None, f"node {node} is down"
        return gossip

    def status(self, observer: int, node: int) -> Status | None:
        """Return what one believes of another; None when it knows nothing of it."""
        peer = self.gossip(observer).peers.get(NodeId(node))
        return None if peer is None else peer.status

    def clock(self, host: Host) -> int:
        """Return a node's own time."""
        return self.now_ms + host.clock_ms

    # What happens to links

    def split(self, *islands: Iterable[int]) -> None:
        """Let only nodes of the same island reach each other."""
        self._island = {NodeId(node): number for number, island in enumerate(islands) for node in island}

    def cut(self, sender: int, receiver: int) -> None:
        """Let nothing through from one node to another."""
        self._cuts.add((NodeId(sender), NodeId(receiver)))

    def heal(self) -> None:
        """Let everything through again."""
        self._island.clear()
        self._cuts.clear()
        self.loss = 0.0

    def reaches(self, sender: NodeId, receiver: NodeId) -> bool:
        """Whether a packet can get from one to the other."""
        if self._cuts and (sender, receiver) in self._cuts:
            return False
        return not self._island or self._island.get(sender, 0) == self._island.get(receiver, 0)

    # Time

    def run(self, duration_ms: int) -> None:
        """Let time pass."""
        self.run_until(lambda: False, duration_ms)

    def run_until(self, done: Callable[[], bool], most_ms: int) -> bool:
        """Let time pass until something holds, looked at 20 times a second; False when it never did."""
        end_ms = self.now_ms + most_ms
        while self.now_ms < end_ms:
            if done():
                return True
            self._run_to(min(end_ms, self.now_ms + 50))
        return done()

    def _run_to(self, end_ms: int) -> None:
        while self._heap and self._heap[0][0] <= end_ms:
            self.now_ms, _, event = heapq.heappop(self._heap)
            event()
        self.now_ms = end_ms

    def _schedule(self, at_ms: int, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (at_ms, self._number, event))

    # What nodes do

    def _settle(self, host: Host) -> None:
        """Do what a node wants done, and wake it when it wants to be woken."""
        gossip = host.gossip
        if gossip is None:
            return
        effects = gossip.take()
        self.sightings += [Sighting(self.now_ms, host.node, peer) for peer in effects.changes]
        for address, message in effects.datagrams:
            self._send(host, address, message, by_stream=False)
        for address, message in effects.streams:
            self._send(host, address, message, by_stream=True)
        wanted_ms = max(self.now_ms, gossip.next_deadline_ms - host.clock_ms)
        if host.tick_ms == -1 or wanted_ms < host.tick_ms:
            host.tick_ms = wanted_ms
            self._schedule(wanted_ms + self._sluggishness(host), lambda: self._tick(host, gossip, wanted_ms))

    def _tick(self, host: Host, gossip: Gossip, planned_ms: int) -> None:
        if host.tick_ms != planned_ms or host.gossip is not gossip:
            if host.tick_ms == planned_ms:
                host.tick_ms = -1
                self._settle(host)
            return
        if self.now_ms < host.stopped_until_ms:
            self._schedule(host.stopped_until_ms, lambda: self._tick(host, gossip, planned_ms))
            return
        host.tick_ms = -1
        if gossip.next_deadline_ms <= self.clock(host):
            gossip.tick(self.clock(host))
        self._settle(host)

    def _send(self, sender: Host, address: Address, message: GossipMessage, *, by_stream: bool) -> None:
        self._count(message, by_stream=by_stream)
        node = self._at.get(address)
        if node is None or not self.reaches(sender.node, node):
            return
        delay_ms = self.rng.randint(*self._latency_ms)
        if by_stream:
            if not self.reaches(node, sender.node) or (self.stream_loss and self.rng.random() < self.stream_loss):
                return
            delay_ms = 3 * delay_ms + (STREAM_RETRY_MS if self.rng.random() < self.loss else 0)
        elif self.loss and self.rng.random() < self.loss:
            return
        receiver, origin = self.hosts[node], sender.address
        copies = 2 if self.duplication and self.rng.random() < self.duplication and not by_stream else 1
        for copy in range(copies):
            at_ms = self.now_ms + delay_ms + copy * self._latency_ms[1] + self._sluggishness(receiver)
            self._schedule(at_ms, lambda: self._deliver(receiver, address, sender.node, origin, message))

    def _deliver(
        self, receiver: Host, address: Address, sender: NodeId, origin: Address, message: GossipMessage
    ) -> None:
        if receiver.gossip is None or receiver.address != address:
            return
        if self.now_ms < receiver.stopped_until_ms:
            at_ms = receiver.stopped_until_ms
            self._schedule(at_ms, lambda: self._deliver(receiver, address, sender, origin, message))
            return
        receiver.gossip.receive(sender, origin, message, self.clock(receiver))
        self._settle(receiver)

    def _sluggishness(self, host: Host) -> int:
        return int(self.rng.random() * host.sluggish_ms) if host.sluggish_ms else 0

    def _count(self, message: GossipMessage, *, by_stream: bool) -> None:
        if not self.counts_bytes:
            return
        size_bytes = len(msgspec.msgpack.encode(message))
        traffic = self.traffic
        traffic.kinds[type(message).__name__] += 1
        if by_stream:
            traffic.streams += 1
        else:
            traffic.datagrams += 1
            traffic.largest_bytes = max(traffic.largest_bytes, size_bytes)
        traffic.size_bytes += size_bytes + SEAL_BYTES


def converged(
    count: int, seed: int = 1, config: GossipConfig | None = None, latency_ms: tuple[int, int] = (1, 5)
) -> Network:
    """Return nodes 1 to `count` that know each other, as if they had joined long ago."""
    people = [Alive(NodeId(node), (f"h{node}", PORT), BOOT, Meta(f"n{node}")) for node in range(1, count + 1)]
    return acquainted(people, Network(seed, config, latency_ms))


def acquainted(people: Sequence[Alive], network: Network) -> Network:
    """Start nodes that say this of themselves; each gets one answer to its join that holds everybody."""
    everybody = tuple(people)
    buckets = tuple(range(BUCKETS))
    for news in everybody:
        rng = random.Random(network.rng.getrandbits(64))
        host = Host(news.node, news.address, boot=1)
        network.hosts[host.node] = host
        gossip = Gossip(news.node, news.address, news.meta, BOOT, network.config, rng, 0)
        gossip.join([("nowhere", 1)], 0)
        request = gossip.take().streams[0][1]
        assert isinstance(request, SyncRequest)
        partner = everybody[0] if news is not everybody[0] else everybody[-1]
        gossip.receive(partner.node, partner.address, SyncReply(request.seq, buckets, everybody, False), 0)
        gossip.take()
        host.gossip = gossip
        network._at[host.address] = host.node
        network._settle(host)
    return network


def times_ms(network: Network, node: int, status: Status, since_ms: int) -> dict[NodeId, int]:
    """Return when each observer first believed this of a node after a moment, counted from that moment."""
    first: dict[NodeId, int] = {}
    for sighting in network.sightings:
        peer = sighting.peer
        if sighting.at_ms >= since_ms and peer.node == node and peer.status is status and sighting.observer != node:
            first.setdefault(sighting.observer, sighting.at_ms - since_ms)
    return first
