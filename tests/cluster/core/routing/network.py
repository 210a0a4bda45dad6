"""Routers joined by links of a test: ordered, slow, and cut with everything in them."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import Router, RoutingConfig, RoutingView
from apps.cluster.core.slots import Assignment, SlotTable, Span

FOREVER_MS = 1 << 60


@dataclass
class Link:
    """One way of a link. `hears`: the far end knows that the link is there."""

    batches: deque[bytes] = field(default_factory=deque)


def assigned(table: SlotTable, epoch: int, *parts: tuple[int, int, NodeId]) -> SlotTable:
    return table.with_assigned([Assignment(*part) for part in parts], epoch)


def released(table: SlotTable, epoch: int, *parts: tuple[int, int]) -> SlotTable:
    return table.with_released([Span(*part) for part in parts], epoch)


def everything_of(node: NodeId, epoch: int = 1) -> SlotTable:
    return assigned(SlotTable(), epoch, (0, 16_383, node))


class Network:
    """Some routers, their links, and what came out of each."""

    def __init__(self, count: int, config: RoutingConfig | None = None, rng: Random | None = None) -> None:
        self.now_ms = 1_000
        self.rng = rng or Random(0)
        self.nodes = tuple(NodeId(number) for number in range(1, count + 1))
        self.routers = {node: Router(node, config or RoutingConfig(), self.now_ms) for node in self.nodes}
        self.links: dict[tuple[NodeId, NodeId], Link] = {}
        self.delivered: dict[NodeId, list[tuple[tuple[str, ...], bytes]]] = defaultdict(list)
        self.confirmed: dict[NodeId, list[str]] = defaultdict(list)
        self.gaps: dict[NodeId, list[tuple[int, tuple[str, ...] | None, int]]] = defaultdict(list)
        self.posts: dict[NodeId, list[Any]] = defaultdict(list)

    def view(self, table: SlotTable, *nodes: NodeId, members: tuple[NodeId, ...] | None = None) -> None:
        for node in nodes or self.nodes:
            self.routers[node].set_view(RoutingView(table, self.nodes if members is None else members), self.now_ms)
            self.collect(node)

    def serve(self, *nodes: NodeId, until_ms: int = FOREVER_MS) -> None:
        for node in nodes or self.nodes:
            self.routers[node].set_serving(until_ms, self.now_ms)
            self.collect(node)

    def connect(self, one: NodeId, other: NodeId) -> None:
        for here, there in ((one, other), (other, one)):
            self.links[here, there] = Link()
        for here, there in ((one, other), (other, one)):
            self.routers[here].link_up(there, self.now_ms)
            self.collect(here)

    def cut(self, one: NodeId, other: NodeId) -> None:
        for here, there in ((one, other), (other, one)):
            self.write(here)
            del self.links[here, there]
            self.routers[here].link_down(there, self.now_ms)
            self.collect(here)

    def connect_all(self) -> None:
        for one in self.nodes:
            for other in self.nodes:
                if one < other and (one, other) not in self.links:
                    self.connect(one, other)

    def write(self, node: NodeId) -> None:
        router = self.routers[node]
        for peer in router.flush():
            while (batch := router.take_batch(peer)) is not None:
                self.links[node, peer].batches.append(batch)

    def deliver_one(self, here: NodeId, there: NodeId) -> None:
        batches = self.links[here, there].batches
        if batches:
            self.routers[there].receive(here, batches.popleft(), self.now_ms)
            self.collect(there)

    def settle(self) -> None:
        """Carry everything until nothing is under way."""
        while True:
            for node in self.nodes:
                self.write(node)
            busy = [pair for pair, link in self.links.items() if link.batches]
            if not busy:
                return
            for pair in busy:
                self.deliver_one(*pair)

    def pass_time(self, duration_ms: int, step_ms: int = 50) -> None:
        end_ms = self.now_ms + duration_ms
        while self.now_ms < end_ms:
            self.now_ms += min(step_ms, end_ms - self.now_ms)
            for node in self.nodes:
                self.tick(node)
            self.settle()

    def tick(self, node: NodeId) -> None:
        if self.now_ms >= self.routers[node].next_deadline_ms:
            self.routers[node].tick(self.now_ms)
            self.collect(node)

    def join(self, node: NodeId, group: str) -> bool:
        confirmed = self.routers[node].join(group, self.now_ms)
        self.collect(node)
        return confirmed

    def send(self, node: NodeId, groups: tuple[str, ...], payload: bytes) -> None:
        self.routers[node].send(groups, payload, self.now_ms)
        self.collect(node)

    def collect(self, node: NodeId) -> None:
        effects = self.routers[node].take()
        self.delivered[node] += effects.deliveries
        self.confirmed[node] += effects.confirmed
        self.gaps[node] += [(self.now_ms, notice.groups, notice.since_ms) for notice in effects.gaps]
        self.posts[node] += effects.posts
        for peer in effects.resets:
            if (node, peer) in self.links:
                self.cut(node, peer)
