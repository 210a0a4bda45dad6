"""Some nodes on one table: every effect is done at once, in its order, and time passes only when a test says so."""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from apps.cluster.core.gossip import Address, GossipConfig, Meta
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import (
    Claim,
    Completed,
    ControlMessage,
    Effect,
    Failed,
    Identity,
    NodeConfig,
    NodeMachine,
    Persist,
    SaveIdentity,
    Send,
    SendDatagram,
    SendStream,
    Serving,
    Stop,
    View,
    ViewChanged,
)
from apps.cluster.core.raft import RaftConfig, Role, Stored
from apps.cluster.core.reconcile import ReconcileConfig
from apps.cluster.core.state import Command
from tests.cluster.simulation.disk import Disk

STEP_MS = 10


def address_of(number: int) -> Address:
    return (f"10.0.0.{number}", 8002)


def config_of(number: int, expect: int = 1, cluster_id: str = "", **changes: object) -> NodeConfig:
    config = NodeConfig(
        raft=RaftConfig(node=NodeId(number), compact_entries=32, keep_entries=4),
        gossip=GossipConfig(probe_interval_ms=500, probe_timeout_ms=200, suspicion_max_mult=2),
        reconcile=ReconcileConfig(stable_ms=500, replace_ms=1_000, formation_ms=300),
        address=address_of(number),
        meta=Meta(name=f"n{number}", data_port=8003, expect=expect),
        expect=expect,
        cluster_id=cluster_id,
        confirms=False,
        proposal_ms=2_000,
        stop_ms=3_000,
    )
    return replace(config, **changes)  # type: ignore[arg-type]


class Node:
    """One node with its disk, and what came out of it."""

    def __init__(self, number: int, config: NodeConfig, join: Iterable[Address], now_ms: int) -> None:
        self.number = number
        self.config = config
        self.join = tuple(join)
        self.disk = Disk(Identity(NodeId(number), 0, f"n{number}"))
        self.effects: list[Effect] = []
        self.deaf = False
        self.start(now_ms)

    def start(self, now_ms: int) -> None:
        """Start (again) from the disk."""
        self.view: View | None = None
        self.serving_until_ms = 0
        self.stopped = ""
        self.machine = NodeMachine(
            self.disk.start(),
            self.disk.recover(),
            self.disk.claim,
            self.config,
            self.join,
            random.Random(self.number),
            now_ms,
        )

    @property
    def up(self) -> bool:
        return not self.stopped

    def now(self) -> View:
        """The newest view there is."""
        assert self.view is not None, "no view yet"
        return self.view

    def answers(self) -> dict[int, Completed | Failed]:
        return {e.request: e for e in self.effects if isinstance(e, Completed | Failed)}


class Table:
    """All nodes, by their numbers."""

    def __init__(self) -> None:
        self.now_ms = 1_000
        self.nodes: dict[int, Node] = {}
        self._posts: deque[tuple[Node, str, tuple[object, ...]]] = deque()

    def add(self, number: int, *, expect: int = 1, join: Iterable[int] = (), **changes: object) -> Node:
        config = config_of(number, expect, **changes)  # type: ignore[arg-type]
        node = self.nodes[number] = Node(number, config, [address_of(other) for other in join], self.now_ms)
        self.settle()
        return node

    def restart(self, number: int) -> Node:
        node = self.nodes[number]
        node.start(self.now_ms)
        self.settle()
        return node

    def settle(self) -> None:
        """Do everything that was wanted, and bring over everything that was sent."""
        while True:
            for node in self.nodes.values():
                self._perform(node)
            if not self._posts:
                return
            target, event, args = self._posts.popleft()
            if target.up and not target.deaf:
                getattr(target.machine, event)(*args, self.now_ms)

    def run(self, duration_ms: int) -> None:
        """Let time pass."""
        end_ms = self.now_ms + duration_ms
        while self.now_ms < end_ms:
            self.now_ms += STEP_MS
            for node in self.nodes.values():
                if node.up and node.machine.next_deadline_ms <= self.now_ms:
                    node.machine.tick(self.now_ms)
            self.settle()

    def leader(self) -> Node:
        leaders = [node for node in self.nodes.values() if node.up and node.view and node.view.role is Role.LEADER]
        assert len(leaders) == 1, [node.number for node in leaders]
        return leaders[0]

    def ask(self, number: int, command: Command | None) -> Completed | Failed:
        """Propose something (None: read) at a node and wait for the answer."""
        node = self.nodes[number]
        machine, now_ms = node.machine, self.now_ms
        ticket = machine.read(now_ms) if command is None else machine.propose(command, now_ms)
        for _ in range(400):
            self.settle()
            if ticket in node.answers():
                return node.answers()[ticket]
            self.run(STEP_MS)
        raise AssertionError(f"no answer to {command}")

    def _perform(self, node: Node) -> None:
        effects = node.machine.take()
        node.effects += effects
        for effect in effects:
            match effect:
                case SaveIdentity() | Persist():
                    node.disk.save(effect)
                case Send(target, _, message):
                    self._post(node, self.nodes.get(target), "receive", message)
                case SendStream(address, message):
                    self._post(node, self._at(address), "receive", message)
                case SendDatagram(address, news):
                    self._post(node, self._at(address), "receive_datagram", address_of(node.number), news)
                case ViewChanged(view):
                    node.view = view
                case Serving(until_ms):
                    node.serving_until_ms = until_ms
                case Stop(code, _):
                    node.stopped = code

    def _post(self, source: Node, target: Node | None, event: str, *args: object) -> None:
        if target is not None and not source.deaf:
            self._posts.append((target, event, (NodeId(source.number), *args)))

    def _at(self, address: Address) -> Node | None:
        return next((node for node in self.nodes.values() if address_of(node.number) == address), None)


def three(**changes: object) -> Table:
    """A cluster of three that has settled."""
    table = Table()
    for number in (1, 2, 3):
        table.add(number, expect=3, join=[n for n in (1, 2, 3) if n != number], **changes)
    table.run(4_000)
    return table


def machine_of(
    number: int = 1,
    *,
    identity: Identity | None = None,
    stored: Stored | None = None,
    claim: Claim | None = None,
    join: Iterable[int] = (),
    **changes: object,
) -> NodeMachine:
    """One node alone, started at 1 s."""
    identity = identity or Identity(NodeId(number), 1, f"n{number}")
    config = config_of(number, **changes)  # type: ignore[arg-type]
    return NodeMachine(identity, stored, claim, config, [address_of(n) for n in join], random.Random(number), 1_000)


def round_trip(message: ControlMessage) -> ControlMessage:
    """What the other end reads."""
    decoded: ControlMessage = msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=ControlMessage)
    return decoded
