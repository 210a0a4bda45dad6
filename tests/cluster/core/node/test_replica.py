import random
from collections.abc import Sequence

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.effects import Effect, Persist
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.node.replica import Replica, founding_log, founding_snapshot
from apps.cluster.core.raft import (
    AppendReply,
    HardState,
    Heartbeat,
    InstallSnapshot,
    RaftConfig,
    RaftMessage,
    Role,
    Snapshot,
    Stored,
    VoteReply,
)
from apps.cluster.core.state import AcquireLease, Code, Envelope, PutMember

A, B, C = NodeId(1), NodeId(2), NodeId(3)
NEWS = PutMember(A, "n1", "10.0.0.1", 8002, 8003, "", 100, 1)


class Driver:
    """A replica, and everything it wanted, messages among it, in one list."""

    def __init__(
        self, voters: Sequence[NodeId] = (A,), stored: Stored | None = None, compact_entries: int = 4_096
    ) -> None:
        config = RaftConfig(node=A, compact_entries=compact_entries)
        self.wanted: list[object] = []
        self.effects: list[Effect] = []
        log = stored or founding_log(Claim("c1", tuple(voters)))
        self.replica = Replica(config, "c1", log, random.Random(1), 0)
        self.raft = self.replica.raft

    def pump(self, now_ms: int) -> list[object]:
        class Recorder(list[Effect]):
            def append(recorder, effect: Effect) -> None:  # noqa: N805
                self.wanted.append(effect)

        self.replica.pump(lambda node, message: self.wanted.append((node, message)), Recorder(), now_ms)
        wanted, self.wanted = self.wanted, []
        return wanted

    def propose(self, request: int, command: AcquireLease | PutMember = NEWS) -> None:
        self.raft.propose(Envelope(1, A, request, command).encode(), 10)


def alone(compact_entries: int = 4_096) -> Driver:
    driver = Driver(compact_entries=compact_entries)
    driver.raft.tick(1)
    driver.pump(1)
    return driver


def test_all_first_voters_begin_with_the_same_bytes() -> None:
    claim = Claim("c1", (A, B, C))

    assert founding_snapshot(claim) == founding_snapshot(claim)
    assert founding_log(claim).snapshot == founding_snapshot(claim)
    assert founding_snapshot(claim).membership.voters == (A, B, C)


def test_what_is_proposed_is_saved_applied_and_answered() -> None:
    driver = alone()

    driver.propose(1)
    wanted = driver.pump(10)

    assert [type(what) for what in wanted] == [Persist]
    assert driver.replica.state.members[A].name == "n1"
    assert [(outcome.request, outcome.code) for outcome in driver.replica.outcomes] == [(1, Code.DONE)]
    assert driver.replica.changed
    assert driver.replica.applied == driver.raft.applied == driver.replica.state.index


def test_a_vote_is_saved_before_anybody_hears_of_it() -> None:
    driver = Driver((A, B, C))
    driver.raft.tick(5_000)
    driver.pump(5_000)

    driver.raft.receive(B, VoteReply(2, True, True, 1, 1), 5_001)
    wanted = driver.pump(5_001)

    assert driver.raft.role is Role.CANDIDATE
    assert isinstance(wanted[0], Persist)
    assert wanted[0].hard_state is not None
    assert wanted[0].hard_state.vote == A
    assert all(not isinstance(what, Persist) for what in wanted[1:])
    assert len(wanted) == 3


def test_an_entry_without_a_command_is_passed_by() -> None:
    driver = alone()

    assert driver.replica.applied == 2
    assert driver.replica.state.index == 2
    assert driver.replica.outcomes == []


def test_the_log_is_compacted_at_its_bound_and_the_state_saved() -> None:
    driver = alone(compact_entries=8)
    for request in range(1, 9):
        driver.propose(request)

    wanted = driver.pump(10)

    saved = [what.snapshot for what in wanted if isinstance(what, Persist) and what.snapshot is not None]
    assert len(saved) == 1
    assert saved[0].index == driver.replica.applied
    assert saved[0].data == driver.replica.state.pack()
    assert not driver.raft.wants_compaction


def test_a_restart_goes_on_from_the_saved_state() -> None:
    first = alone(compact_entries=8)
    for request in range(1, 9):
        first.propose(request)
    saved = [what for what in first.pump(10) if isinstance(what, Persist)]
    snapshot = next(effect.snapshot for effect in saved if effect.snapshot is not None)

    again = Driver(stored=Stored(HardState(1, NodeId(0), 1), snapshot, ()))

    assert again.replica.applied == snapshot.index
    assert again.replica.state.pack() == first.replica.state.pack()


def test_a_leaders_snapshot_takes_the_place_of_the_state() -> None:
    leader = alone()
    leader.propose(1)
    leader.pump(10)
    state = leader.replica.state
    follower = Driver((A, B, C))
    snapshot = Snapshot(9, 5, 70, founding_snapshot(Claim("c1", (A, B, C))).membership, state.pack())

    follower.raft.receive(B, InstallSnapshot(5, snapshot), 100)
    wanted = follower.pump(100)

    assert isinstance(wanted[0], Persist)
    assert wanted[0].snapshot == snapshot
    assert wanted[1] == (B, AppendReply(5, 9, False, 0, 0))
    assert follower.replica.installed
    assert follower.replica.applied == 9
    assert follower.replica.state.members == state.members


def test_reads_are_handed_on() -> None:
    driver = alone()

    driver.raft.read_index(7, 200)
    driver.pump(200)

    assert driver.replica.reads == [(7, 2)]


def test_a_log_that_does_not_come_to_rest_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver((A, B, C))
    monkeypatch.setattr("apps.cluster.core.node.replica.PUMP_MAX", 3)

    def feed(node: NodeId, message: RaftMessage) -> None:
        driver.raft._member.send(node, message)

    driver.raft.receive(B, Heartbeat(1, 1, 0, 1, 1), 10)

    with pytest.raises(AssertionError, match="rest"):
        driver.replica.pump(feed, [], 10)
