"""Members of a log in one thread, with a virtual clock, disks that keep only what was saved, and links that do as told.

Used by the scenarios, which move it step by step, and by the random schedules. What must always hold is asserted after
every step: one leader in a term, equal logs as far as they are applied, no lease that outlives an unforced election.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import (
    Entry,
    HardState,
    Membership,
    Raft,
    RaftConfig,
    RaftMessage,
    Ready,
    Role,
    Snapshot,
    Stored,
)

BLANK = Stored(HardState(0, NodeId(0), 0), None, ())
"""The disk of a node that has never heard of a cluster."""


class FixedChance:
    """Chance that is always the same: node 1 waits shortest."""

    def __init__(self, value: float) -> None:
        self._value = value

    def random(self) -> float:
        return self._value

    def getrandbits(self, k: int, /) -> int:
        return int(self._value * (1 << k))


def founding(voters: Iterable[int], learners: Iterable[int] = ()) -> Stored:
    """Return the disk of a founder."""
    membership = Membership(tuple(map(NodeId, voters)), tuple(map(NodeId, learners)))
    return Stored(HardState(1, NodeId(0), 1), Snapshot(1, 1, 0, membership, b""), ())


def saved(disk: Stored, ready: Ready) -> Stored:
    """Return a disk after what a `Ready` wants saved."""
    hard_state = ready.hard_state or disk.hard_state
    snapshot, entries = ready.snapshot or disk.snapshot, disk.entries
    if ready.snapshot is not None:
        entries = ()
    if ready.entries:
        first = ready.entries[0].index
        entries = tuple(entry for entry in entries if entry.index < first) + ready.entries
    return Stored(hard_state, snapshot, entries)


@dataclass
class Node:
    """One process and its disk. `raft` is None while it is down; `held`: what it wants done is not done."""

    config: RaftConfig
    disk: Stored
    chance: FixedChance
    raft: Raft | None = None
    held: bool = False
    applied: list[tuple[int, str]] = field(default_factory=list)
    reads: list[tuple[int, int]] = field(default_factory=list)
    rate: float = 1.0


class Network:
    """All of them. `sent` are the messages under way, oldest first."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.nodes: dict[int, Node] = {}
        self.sent: list[tuple[int, int, RaftMessage]] = []
        self.cut: set[tuple[int, int]] = set()
        self.on_event: Callable[[str], None] = lambda _text: None
        self._asked: dict[int, int] = {}
        self._leaders: dict[int, int] = {}
        self._decided: dict[int, tuple[int, bytes]] = {}

    def add(self, number: int, disk: Stored, chance: float | None = None, **config: int) -> None:
        """Put a node in and start it."""
        value = (number - 1) * 0.1 if chance is None else chance
        self.nodes[number] = Node(RaftConfig(NodeId(number), **config), disk, FixedChance(value))
        self.start(number)

    def raft(self, number: int) -> Raft:
        """Return a node that runs."""
        raft = self.nodes[number].raft
        assert raft is not None, f"{number} is down"
        return raft

    def clock(self, number: int) -> int:
        """Return the time on a node's own clock."""
        return int(self.now_ms * self.nodes[number].rate)

    def start(self, number: int) -> None:
        """Start a node with what its disk holds; the state before its snapshot is taken as applied."""
        node = self.nodes[number]
        node.raft = Raft(node.config, node.disk, node.chance, self.clock(number))
        node.applied = []
        self.pump(number)

    def crash(self, number: int) -> None:
        """Stop a node at once; what is not on its disk is gone."""
        self.nodes[number].raft = None

    def tick(self, number: int) -> None:
        """Let a node know what time it is."""
        self.raft(number).tick(self.clock(number))
        self.pump(number)

    def receive(self, sender: int, number: int, message: RaftMessage) -> None:
        """Give a node a message."""
        self.raft(number).receive(NodeId(sender), message, self.clock(number))
        self.pump(number)

    def deliver(self, position: int) -> None:
        """Take a message off its way: it arrives unless the link is cut or the node is down."""
        sender, number, message = self.sent.pop(position)
        node = self.nodes.get(number)
        if (sender, number) not in self.cut and node is not None and node.raft is not None:
            self.receive(sender, number, message)

    def deliver_all(self) -> None:
        """Until nothing is under way."""
        for _ in range(100_000):
            if not self.sent:
                return
            self.deliver(0)
        raise AssertionError("the nodes talk without end")

    def run(self, duration_ms: int) -> None:
        """Let time pass; messages take none."""
        end_ms = self.now_ms + duration_ms
        while True:
            running = [number for number, node in self.nodes.items() if node.raft is not None]
            for number in running:
                if self.raft(number).next_deadline_ms <= self.clock(number):
                    self.tick(number)
            self.deliver_all()
            if self.now_ms >= end_ms:
                return
            self.now_ms += 1

    def pump(self, number: int) -> None:
        """Do what a node wants done."""
        node = self.nodes[number]
        while not node.held and (ready := self.raft(number).ready(self.clock(number))) is not None:
            self.save(number, ready)
            self.finish(number, ready)
        self.check()

    def save(self, number: int, ready: Ready) -> None:
        """Put on the disk what has to be."""
        self.nodes[number].disk = saved(self.nodes[number].disk, ready)

    def finish(self, number: int, ready: Ready) -> None:
        """Send and apply."""
        node, raft = self.nodes[number], self.raft(number)
        self.sent += [(number, to, message) for to, message in ready.messages]
        for entry in ready.committed:
            self._apply(number, node, entry)
        node.reads += ready.reads
        for context, index in ready.reads:
            assert index >= self._asked.get(context, 0), f"read {context} would not see what was decided before"
            self.on_event(f"{number} may answer read {context} at {index}")
        raft.advance(self.clock(number))
        raft.applied_to(raft.applied)

    def read(self, number: int, context: int) -> None:
        """Let a node ask for an index to read at; what anybody has applied by now has to be seen."""
        self._asked[context] = max(self._decided, default=0)
        self.raft(number).read_index(context, self.clock(number))
        self.pump(number)

    def compact(self, number: int) -> None:
        """Let a node put what it has applied into a snapshot."""
        raft, node = self.raft(number), self.nodes[number]
        index = raft.applied
        term = next(entry.term for entry in node.disk.entries if entry.index == index)
        time_ms = next(entry.time_ms for entry in node.disk.entries if entry.index == index)
        data = ",".join(text for _, text in node.applied if text).encode()
        snapshot = Snapshot(index, term, time_ms, raft.membership, data)
        raft.compact(snapshot)
        node.disk = Stored(
            node.disk.hard_state, snapshot, tuple(entry for entry in node.disk.entries if entry.index > index)
        )

    def check(self) -> None:
        """What must hold at every moment."""
        for number, node in self.nodes.items():
            raft = node.raft
            if raft is not None and raft.role is Role.LEADER and self._leaders.get(raft.term) != number:
                assert raft.term not in self._leaders, f"two leaders in term {raft.term}"
                self._leaders[raft.term] = number
                self._check_leases(number, raft)

    def _check_leases(self, leader: int, raft: Raft) -> None:
        """An election that was not forced finds no lease, and a forced one waits for them."""
        bound_ms = min(contact.lease_bound_ms for contact in raft.contacts().values())
        wait_ms = bound_ms - self.clock(leader)
        for number, node in self.nodes.items():
            if number != leader and node.raft is not None:
                left_ms = node.raft.lease_until_ms - self.clock(number)
                assert left_ms / node.rate <= wait_ms / self.nodes[leader].rate, f"{number} still has a lease"

    def _apply(self, number: int, node: Node, entry: Entry) -> None:
        decided = self._decided.setdefault(entry.index, (entry.term, entry.data))
        assert decided == (entry.term, entry.data), f"{number} applied another entry {entry.index}"
        text = entry.data.decode(errors="replace") if entry.kind == 0 else "change"
        node.applied.append((entry.index, text))
        self.on_event(f"{number} applies {entry.index}:{entry.term} {text}".rstrip())
