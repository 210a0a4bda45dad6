"""Any sequence of commands: replicas agree, each slot has one owner, epochs and tokens only grow."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots import SLOTS, Assignment, Span
from apps.cluster.core.state import (
    AcquireLease,
    AssignSlots,
    ClusterState,
    Code,
    Command,
    Envelope,
    Outcome,
    PutMember,
    RaiseVersion,
    ReleaseLease,
    ReleaseSlots,
    RemoveMember,
    RenewLease,
    Retire,
    SetDraining,
)

SUPPORTED = 3
nodes = st.integers(1, 5).map(NodeId)
keys = st.sampled_from(["a", "b", "c"])
spans = st.tuples(st.integers(0, SLOTS - 1), st.integers(0, SLOTS - 1)).map(lambda ends: Span(min(ends), max(ends)))


class History(RuleBasedStateMachine):
    """Two replicas of one log; the second one is restored from a snapshot now and then."""

    @initialize()
    def begin(self) -> None:
        self.one = ClusterState.founded("c", SUPPORTED)
        self.other = ClusterState.founded("c", SUPPORTED)
        self.request = 0
        self.tokens: dict[str, int] = {}
        self.epochs = [0] * SLOTS
        self.version = 1

    def tell(self, command: Command, *, wait_ms: int = 1, old_request: bool = False) -> Outcome:
        self.request += 1
        envelope = Envelope(1, NodeId(1), 1 if old_request else self.request, command)
        index, time_ms = self.one.index + 1, self.one.time_ms + wait_ms
        outcome = self.one.apply(index, time_ms, envelope.encode())
        assert self.other.apply(index, time_ms, envelope.encode()) == outcome
        return outcome

    @rule(node=nodes, version=st.integers(1, SUPPORTED), weight=st.integers(0, 9))
    def put(self, node: NodeId, version: int, weight: int) -> None:
        outcome = self.tell(PutMember(node, "n", "h", 1, 2, "", weight, version))

        if not outcome.code:
            assert self.one.members[node].version == version >= self.one.version

    @rule(node=nodes, for_good=st.booleans())
    def remove(self, node: NodeId, for_good: bool) -> None:
        outcome = self.tell(RemoveMember(node, for_good))

        assert outcome.code or node not in self.one.members

    @rule(node=nodes, draining=st.booleans())
    def drain(self, node: NodeId, draining: bool) -> None:
        self.tell(SetDraining(node, draining))

    @rule(node=nodes)
    def retire(self, node: NodeId) -> None:
        self.tell(Retire(node))

    @rule(span=spans, owner=nodes, behind=st.integers(0, 3))
    def release(self, span: Span, owner: NodeId, behind: int) -> None:
        before = self.one.table

        outcome = self.tell(ReleaseSlots((span,), owner, max(0, self.one.index - behind)))

        if outcome.code:
            assert self.one.table == before
        else:
            assert {part.owner for part in before.within(span.first, span.last)} == {owner}

    @rule(span=spans, owner=nodes, behind=st.integers(0, 3))
    def assign(self, span: Span, owner: NodeId, behind: int) -> None:
        before = self.one.table
        command = AssignSlots((Assignment(span.first, span.last, owner),), max(0, self.one.index - behind))

        outcome = self.tell(command)

        if outcome.code:
            assert self.one.table == before
        else:
            sources = {part.owner for part in before.within(span.first, span.last)}
            assert sources == {NO_NODE}

    @rule(key=keys, holder=nodes, ttl_ms=st.integers(1, 20), nonce=st.integers(0, 2), wait_ms=st.integers(0, 30))
    def acquire(self, key: str, holder: NodeId, ttl_ms: int, nonce: int, wait_ms: int) -> None:
        before = self.one.leases.get(key)

        outcome = self.tell(AcquireLease(key, holder, ttl_ms, nonce), wait_ms=wait_ms)

        if outcome.result is not None and outcome.result != before:
            assert before is None or before.expires_ms <= self.one.time_ms
            assert outcome.result.token == outcome.index > self.tokens.get(key, 0)
            self.tokens[key] = outcome.result.token

    @rule(key=keys, back=st.integers(0, 1), ttl_ms=st.integers(1, 20), give_back=st.booleans())
    def change_lease(self, key: str, back: int, ttl_ms: int, give_back: bool) -> None:
        token = max(0, self.tokens.get(key, 0) - back)

        outcome = self.tell(ReleaseLease(key, token) if give_back else RenewLease(key, token, ttl_ms))

        assert outcome.code or (back == 0 and outcome.result is not None)

    @rule(version=st.integers(1, SUPPORTED))
    def rise(self, version: int) -> None:
        self.tell(RaiseVersion(version))

    @rule()
    def repeat_an_old_request(self) -> None:
        if self.one._requests.get(NodeId(1), 0) >= 1:
            before = (self.one.members, self.one.table)

            outcome = self.tell(SetDraining(NodeId(1), True), old_request=True)

            assert outcome.code == Code.DUPLICATE
            assert (self.one.members, self.one.table) == before

    @rule(data=st.binary(max_size=12))
    def say_nonsense(self, data: bytes) -> None:
        index = self.one.index + 1
        outcome = self.one.apply(index, 0, b"\xc1" + data)

        assert outcome.code == Code.INVALID
        assert self.other.apply(index, 0, b"\xc1" + data) == outcome

    @rule()
    def restore_one_from_a_snapshot_of_the_other(self) -> None:
        self.other = ClusterState.unpack(self.one.pack(), SUPPORTED)

    @invariant()
    def replicas_agree(self) -> None:
        packed = self.one.pack()

        assert self.other.pack() == packed
        assert ClusterState.unpack(packed, SUPPORTED).pack() == packed

    @invariant()
    def every_slot_has_one_history_that_only_grows(self) -> None:
        parts = self.one.table.ranges
        assert [part.first for part in parts[1:]] == [part.last + 1 for part in parts[:-1]]
        assert all(part.epoch >= max(self.epochs[part.first : part.last + 1]) for part in parts)
        assert all(NO_NODE in (part.owner, part.previous) for part in parts)
        self.epochs = [part.epoch for part in parts for _ in range(part.count)]

    @invariant()
    def whoever_owns_slots_is_a_member(self) -> None:
        named = {node for part in self.one.table.ranges for node in (part.owner, part.previous)}
        assert named <= {NO_NODE, *self.one.members}

    @invariant()
    def only_leases_that_run_are_there(self) -> None:
        assert all(lease.expires_ms > self.one.time_ms for lease in self.one.leases.values())

    @invariant()
    def every_program_understands_the_version(self) -> None:
        assert self.one.version >= self.version
        assert all(record.version >= self.one.version for record in self.one.members.values())
        self.version = self.one.version


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=40)
