"""The log of one member and the state it has decided: persist, send, apply, in this order.

`pump` moves the Raft machine on and writes down what it wants as effects; the order of the effects is what keeps the
promise that nothing is said before it is on the disk. Not here: what is proposed, and who is told.
"""

from collections.abc import Callable

from apps.cluster.core.ids import NodeId, Random
from apps.cluster.core.node.effects import Effect, Persist
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.raft import (
    Entry,
    EntryKind,
    HardState,
    Membership,
    Raft,
    RaftConfig,
    RaftMessage,
    Ready,
    Snapshot,
    Stored,
)
from apps.cluster.core.state import ClusterState, Outcome

PUMP_MAX = 10_000
"""Rounds of one pump; more of them mean that the machine feeds itself."""


def founding_snapshot(claim: Claim) -> Snapshot:
    """Return where a cluster begins: the same bytes at each of its first voters."""
    data = ClusterState.founded(claim.cluster_id).pack()
    return Snapshot(index=1, term=1, time_ms=0, membership=Membership(claim.voters, ()), data=data)


def founding_log(claim: Claim) -> Stored:
    """Return what the disk of a first voter holds before anything has happened."""
    return Stored(hard_state=HardState(term=1, vote=NodeId(0), commit=1), snapshot=founding_snapshot(claim), entries=())


class Replica:
    """Raft and the state machine behind it."""

    def __init__(self, config: RaftConfig, cluster_id: str, stored: Stored, rng: Random, now_ms: int) -> None:
        self.raft = Raft(config, stored, rng, now_ms)
        self.state = ClusterState.founded(cluster_id)
        self.outcomes: list[Outcome] = []
        self.reads: list[tuple[int, int]] = []
        self.installed = False
        """A snapshot took the place of entries since this was last cleared."""
        self.changed = False
        """Something was applied since this was last cleared."""
        self._applied = self._term = 0
        if stored.snapshot is not None:
            self._install(stored.snapshot)

    @property
    def applied(self) -> int:
        """How far the log was applied; where a snapshot took the place of its beginning, that counts."""
        return self._applied

    def pump(self, send: Callable[[NodeId, RaftMessage], None], effects: list[Effect], now_ms: int) -> None:
        """Do everything the log wants to be done now. Raises CommandUnknown (of the state machine)."""
        for _ in range(PUMP_MAX):
            ready = self.raft.ready(now_ms)
            if ready is None:
                return
            self._do(ready, send, effects)
            self.raft.advance(now_ms)
            self._compact(effects)
        raise AssertionError("the log does not come to rest")

    def _do(self, ready: Ready, send: Callable[[NodeId, RaftMessage], None], effects: list[Effect]) -> None:
        if ready.hard_state is not None or ready.snapshot is not None or ready.entries:
            effects.append(Persist(ready.hard_state, ready.snapshot, ready.entries))
        for node, message in ready.messages:
            send(node, message)
        if ready.snapshot is not None:
            self._install(ready.snapshot)
            self.installed = True
        for entry in ready.committed:
            self._apply(entry)
        self.reads.extend(ready.reads)

    def _install(self, snapshot: Snapshot) -> None:
        self.state = ClusterState.unpack(snapshot.data)
        self._applied, self._term = snapshot.index, snapshot.term
        self.changed = True

    def _apply(self, entry: Entry) -> None:
        self._applied, self._term = entry.index, entry.term
        self.changed = True
        if entry.kind is EntryKind.NORMAL and entry.data:
            self.outcomes.append(self.state.apply(entry.index, entry.time_ms, entry.data))
        else:
            self.state.pass_by(entry.index, entry.time_ms)

    def _compact(self, effects: list[Effect]) -> None:
        if self.raft.wants_compaction:
            state, membership = self.state, self.raft.membership
            snapshot = Snapshot(self._applied, self._term, state.time_ms, membership, state.pack())
            self.raft.compact(snapshot)
            effects.append(Persist(None, snapshot, ()))
