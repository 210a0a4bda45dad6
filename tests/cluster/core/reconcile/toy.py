"""A cluster in miniature: one log that always works while a majority lives, and nodes that only hear and serve.

It carries out what the reconciler decides and holds it to what it must never do. Raft itself is not played here.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from apps.cluster.core.gossip import Meta, Peer, Status
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft import Change, ChangeKind, Contact, Membership
from apps.cluster.core.raft.membership import changed, fits
from apps.cluster.core.reconcile import (
    Action,
    ChangeMembership,
    Evidence,
    Propose,
    ReconcileConfig,
    Reconciler,
    Transfer,
)
from apps.cluster.core.slots import SlotTable
from apps.cluster.core.state import ClusterState, Code, Command, Envelope, Outcome

STEP_MS = 100
LEASE_MS = 500
GOSSIP_MS = 4_000
"""After how much silence gossip declares a node dead here."""

STRANGER = NodeId(1 << 40)
"""Where proposals come from here: no member, so requests need not be counted."""


@dataclass
class ToyNode:
    """`applied` lags behind while the node is deaf; what it serves follows its own table and its own lease."""

    meta: Meta
    up: bool = True
    confirms: bool = True
    reached_ms: int = 0
    granted_ms: int = 0
    lease_until_ms: int = 0
    acked_ms: int | None = None
    applied: int = 0
    table: SlotTable = field(default_factory=SlotTable)


class Toy:
    """Nodes 1 … n founded together as voters, node 1 leads; `run` lets time pass."""

    def __init__(self, founders: int, config: ReconcileConfig | None = None, supported: int = 1) -> None:
        self.config = config or ReconcileConfig()
        self.now_ms = 1_000_000
        self.state = ClusterState.founded("c", supported)
        self.membership = Membership(tuple(NodeId(n) for n in range(1, founders + 1)), ())
        self.nodes: dict[NodeId, ToyNode] = {}
        self.peers: dict[NodeId, Peer] = {}
        self.leader = NodeId(1)
        self.leader_since_ms = self.now_ms
        self.log: list[Action] = []
        self.outcomes: list[Outcome] = []
        self.released = 0
        for number in range(1, founders + 1):
            self.start(number)
        self.elect(1)

    def start(self, number: int, cluster: str = "", version: int = 1) -> NodeId:
        """Let a node appear, or come back with what it knew."""
        node = NodeId(number)
        if node in self.nodes:
            self.nodes[node].up = True
        else:
            self.nodes[node] = ToyNode(Meta(f"n{number}", cluster, version), reached_ms=self.now_ms)
        self._gossip(node, Status.ALIVE)
        return node

    def stop(self, number: int) -> None:
        """Let a node fall silent; it goes on serving as long as its lease lets it."""
        self.nodes[NodeId(number)].up = False

    def bury(self, number: int) -> None:
        """Let gossip know at once that a silent node is dead."""
        self._gossip(NodeId(number), Status.DEAD)

    def leave(self, number: int) -> None:
        self.stop(number)
        self._gossip(NodeId(number), Status.LEFT)

    def say(self, number: int, **news: object) -> None:
        """Let a node tell something else about itself."""
        node = self.nodes[NodeId(number)]
        fields = {name: getattr(node.meta, name) for name in Meta.__struct_fields__}
        node.meta = Meta(**(fields | news))
        self._gossip(NodeId(number), self.peers[NodeId(number)].status)

    def elect(self, number: int) -> None:
        """Begin a leadership: nobody has answered yet."""
        self.leader, self.leader_since_ms = NodeId(number), self.now_ms
        self.reconciler = Reconciler(self.config, self.now_ms)
        for node in self.nodes.values():
            node.acked_ms = None

    def ask(self, command: Command) -> Code:
        """Apply a command of an operator."""
        return self._apply(command).code

    def run(self, duration_ms: int) -> None:
        """Let time pass, deciding and carrying out on the way."""
        for _ in range(duration_ms // STEP_MS):
            self.now_ms += STEP_MS
            self._hear()
            if self._alive(self.leader) and self.has_majority():
                for action in self.reconciler.decide(self.state, self.evidence()):
                    self._do(action)
            self._serving()

    def evidence(self) -> Evidence:
        contacts = {
            node: Contact(toy.acked_ms, toy.applied, toy.applied, max(self.leader_since_ms, toy.granted_ms + 550))
            for node, toy in self.nodes.items()
            if node in self.membership.members
        }
        return Evidence(
            node=self.leader,
            now_ms=self.now_ms,
            leader_since_ms=self.leader_since_ms,
            peers=dict(self.peers),
            contacts=contacts,
            membership=self.membership,
            change_pending=False,
        )

    def slots(self) -> dict[int, int]:
        """Return how many slots each node owns; 0: nobody."""
        return {int(node): count for node, count in self.state.table.counts.items()}

    def has_majority(self) -> bool:
        """Return whether the log works."""
        return self._majority(self.membership)

    def served(self) -> int:
        """Return how many slots somebody serves at this moment."""
        return sum(last - first + 1 for first, last, _ in self._serving())

    def _hear(self) -> None:
        for node, toy in self.nodes.items():
            peer = self.peers[node]
            if toy.up:
                toy.reached_ms = self.now_ms
                if peer.status is not Status.ALIVE:
                    self._gossip(node, Status.ALIVE)
            elif peer.status is Status.ALIVE and self.now_ms - toy.reached_ms >= GOSSIP_MS:
                self._gossip(node, Status.DEAD)
            if toy.up and node in self.membership.members and self._alive(self.leader):
                toy.acked_ms = self.now_ms
                toy.granted_ms = self.now_ms
                if toy.confirms:
                    toy.applied, toy.table = self.state.index, self.state.table
                if toy.applied == self.state.index:  # The fence of what was granted.
                    toy.lease_until_ms = self.now_ms + LEASE_MS

    def _do(self, action: Action) -> None:
        self.log.append(action)
        match action:
            case Propose(command):
                self.outcomes.append(self._apply(command))
            case ChangeMembership(change):
                self._change(change)
            case Transfer(to):
                assert to in self.membership.voters
                assert self._alive(to)
                self.elect(to)

    def _apply(self, command: Command) -> Outcome:
        before = self.state.table.count_of(NO_NODE)
        index = self.state.index + 1
        envelope = Envelope(1, STRANGER, index, command)
        outcome = self.state.apply(index, self.now_ms, envelope.encode())
        self.released += max(0, self.state.table.count_of(NO_NODE) - before)
        return outcome

    def _change(self, change: Change) -> None:
        """No step may leave a dead majority, nor three voters for fewer unless an operator wanted it."""
        assert fits(self.membership, change), change
        after = changed(self.membership, change)
        assert self._majority(after), f"{change} leaves a majority that is dead"
        assert change.kind is not ChangeKind.REMOVE or change.node in self.membership.learners
        self.state.pass_by(self.state.index + 1, self.now_ms)
        self.membership = after

    def _majority(self, membership: Membership) -> bool:
        return sum(self._alive(voter) for voter in membership.voters) > len(membership.voters) // 2

    def _alive(self, node: NodeId) -> bool:
        return node in self.nodes and self.nodes[node].up

    def _gossip(self, node: NodeId, status: Status) -> None:
        known = self.peers.get(node)
        since_ms = known.since_ms if known is not None and known.status is status else self.now_ms
        self.peers[node] = Peer(node, (f"10.0.0.{node}", 8002), 1, status, self.nodes[node].meta, since_ms)

    def _serving(self) -> list[tuple[int, int, NodeId]]:
        """Return who serves which slots, and fail if two nodes serve the same."""
        serving = sorted(
            (part.first, part.last, node)
            for node, toy in self.nodes.items()
            if toy.lease_until_ms > self.now_ms
            for part in toy.table.ranges_of(node)
        )
        for (_, last, node), (first, _, other) in pairwise(serving):
            assert last < first, f"{node} and {other} both serve slot {first} at {self.now_ms}"
        return serving
