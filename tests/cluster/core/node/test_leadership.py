from collections.abc import Mapping

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.leadership import UNDERWAY_MAX, Leadership
from apps.cluster.core.raft import Change, ChangeKind, Contact, Membership, ProposalRefused
from apps.cluster.core.reconcile import Action, ChangeMembership, Propose, Reconciler, Transfer
from apps.cluster.core.state import ClusterState, Command, SetDraining
from tests.cluster.core.node.build import config_of

A = NodeId(1)
CHANGE = Change(ChangeKind.ADD_LEARNER, NodeId(2))


class Log:
    """What an office needs of a log."""

    term = 3
    last_index = 10
    leader_since_ms = 0
    membership = Membership((A,), ())
    change_pending = False

    def __init__(self, *, refuses: bool = False) -> None:
        self.applied = 10
        self.calls: list[object] = []
        self._refuses = refuses

    def contacts(self) -> Mapping[NodeId, Contact]:
        return {}

    def change(self, change: Change, now_ms: int) -> None:
        self._call(change)

    def transfer(self, to: NodeId, now_ms: int) -> None:
        self._call(to)

    def _call(self, what: object) -> None:
        if self._refuses:
            raise ProposalRefused("busy")
        self.calls.append(what)


class Office:
    """One office whose decisions a test dictates."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, decisions: list[Action], log: Log | None = None) -> None:
        self.log = log or Log()
        self.looks = 0
        self.enacted: list[Command] = []
        self.takes = True
        self.office = Leadership(config_of(1), self.log, 0)  # type: ignore[arg-type]

        def decide(*_: object) -> list[Action]:
            self.looks += 1
            return decisions

        monkeypatch.setattr(Reconciler, "decide", decide)

    def run(self, now_ms: int) -> None:
        self.office.run(self.log, ClusterState.founded("c1"), {}, self.enact, now_ms)  # type: ignore[arg-type]

    def enact(self, command: Command) -> int | None:
        if not self.takes:
            return None
        self.enacted.append(command)
        return len(self.enacted)


def drain(node: int = 1) -> Propose:
    return Propose(SetDraining(NodeId(node), True))


def test_it_looks_now_and_then_and_sooner_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [])
    looks = []

    for now_ms, hurry in ((0, False), (50, False), (99, False), (100, False), (110, True), (120, False), (219, False)):
        if hurry:
            run.office.hurry()
        run.run(now_ms)
        looks.append(run.looks)

    assert looks == [1, 1, 1, 2, 2, 3, 3]
    assert run.office.next_deadline_ms == 220


def test_it_waits_until_everything_it_inherited_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [drain()])
    run.log.applied = 9
    run.run(0)
    before = run.looks

    run.log.applied = 10
    run.run(100)

    assert (before, run.looks) == (0, 1)


def test_the_same_decision_is_proposed_once_until_it_was_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [drain()])
    run.run(0)
    run.run(100)
    once = len(run.enacted)

    run.office.settled(1)
    run.office.settled(99)
    run.run(200)

    assert once == 1
    assert len(run.enacted) == 2


def test_what_the_log_refuses_is_decided_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [drain()])
    run.takes = False
    run.run(0)

    run.takes = True
    run.run(100)

    assert len(run.enacted) == 1


def test_only_so_many_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [drain(node) for node in range(1, UNDERWAY_MAX + 5)])

    run.run(0)

    assert len(run.enacted) == UNDERWAY_MAX


def test_changes_and_transfers_go_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [ChangeMembership(CHANGE), Transfer(NodeId(2))])

    run.run(0)

    assert run.log.calls == [CHANGE, NodeId(2)]


def test_their_refusal_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Office(monkeypatch, [ChangeMembership(CHANGE), Transfer(NodeId(2)), drain()], Log(refuses=True))

    run.run(0)

    assert run.log.calls == []
    assert len(run.enacted) == 1
