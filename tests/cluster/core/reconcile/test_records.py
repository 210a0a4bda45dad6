"""Records: who is taken in, what is written down, who is removed, and when a version is agreed on."""

from dataclasses import replace

import pytest

from apps.cluster.core.gossip import Peer, Status
from apps.cluster.core.reconcile import Evidence, ReconcileConfig
from apps.cluster.core.reconcile import records as module
from apps.cluster.core.reconcile.electorate import Electorate
from apps.cluster.core.reconcile.records import record_commands
from apps.cluster.core.slots import SLOTS, Span
from apps.cluster.core.state import (
    ClusterState,
    Command,
    PutMember,
    RaiseVersion,
    ReleaseSlots,
    RemoveMember,
    Retire,
    SetDraining,
)
from tests.cluster.core.reconcile.situations import (
    NOW_MS,
    A,
    B,
    C,
    D,
    contact,
    evidence,
    owning,
    peer,
    presence_of,
    state_of,
    tell,
)

SILENT = contact(NOW_MS - 60_000)


def commands(state: ClusterState, seen: Evidence, config: ReconcileConfig | None = None) -> list[Command]:
    presence = presence_of(state, seen, config=config)
    return record_commands(Electorate(state, seen, presence, config or ReconcileConfig()))


class TestNews:
    def test_a_living_node_without_a_cluster_is_taken_in(self) -> None:
        seen = evidence((A,), peers={B: peer(B, cluster="")})

        assert commands(state_of(A), seen) == [PutMember(B, "n2", "10.0.0.2", 8002, 0, "", 100, 1)]

    def test_so_are_founders_the_leader_among_them(self) -> None:
        decided = commands(state_of(), evidence((A, B)))

        assert [command.node for command in decided if isinstance(command, PutMember)] == [A, B]

    @pytest.mark.parametrize(
        "stranger",
        [
            peer(B, Status.SUSPECT),
            peer(B, Status.DEAD),
            peer(B, Status.LEFT),
            peer(B, cluster="another"),
            peer(B, version=0),
        ],
        ids=["suspect", "dead", "left", "another cluster", "too old"],
    )
    def test_nobody_else_is(self, stranger: Peer) -> None:
        assert commands(state_of(A), evidence((A,), peers={B: stranger})) == []

    def test_a_node_that_was_removed_for_good_is_not_taken_in_again(self) -> None:
        state = tell(state_of(A, B), RemoveMember(B, for_good=True))

        assert commands(state, evidence((A,), peers={B: peer(B)})) == []

    def test_what_a_member_says_of_itself_is_written_down_once_it_differs(self) -> None:
        state = tell(state_of(A, B), SetDraining(B, True))
        moved = replace_address(peer(B, weight=0))

        assert commands(state, evidence((A, B))) == []
        assert commands(state, evidence((A, B), peers={B: moved})) == [
            PutMember(B, "n2", "10.9.9.9", 9_002, 0, "", 0, 1)
        ]

    def test_there_is_a_last_member_but_news_of_members_are_written_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MEMBERS_MAX", 3)
        peers = {B: peer(B, weight=7), C: peer(C), D: peer(D)}

        decided = commands(state_of(A, B), evidence((A, B), peers=peers))

        assert [command.node for command in decided if isinstance(command, PutMember)] == [B, C]


def replace_address(known: Peer) -> Peer:
    return Peer(known.node, ("10.9.9.9", 9_002), 2, known.status, known.meta, known.since_ms)


class TestRemovals:
    def test_a_retiring_member_is_removed_when_it_has_neither_slots_nor_vote(self) -> None:
        state = tell(state_of(A, B), Retire(B))

        assert commands(state, evidence((A,), (B,))) == [RemoveMember(B, for_good=True)]

    def test_not_while_it_has_one_of_them(self) -> None:
        voting = tell(state_of(A, B), Retire(B))
        serving = tell(owning(state_of(A, B), (0, SLOTS - 1, B)), Retire(B))
        released = tell(serving, ReleaseSlots((Span(0, SLOTS - 1),), B, serving.index))

        assert commands(voting, evidence((A, B))) == []
        assert commands(serving, evidence((A,), (B,))) == []
        assert commands(released, evidence((A,), (B,))) == []

    def test_the_long_dead_are_forgotten_once_the_log_does_not_reach_them(self) -> None:
        state = state_of(A, B)
        config = ReconcileConfig(forget_ms=1_000)
        gone = evidence((A,), peers={B: peer(B, Status.DEAD)})
        still_learning = evidence((A,), (B,), contacts={B: SILENT}, peers={B: peer(B, Status.DEAD)})

        assert commands(state, gone, config) == [RemoveMember(B, for_good=False)]
        assert commands(state, gone) == []
        assert commands(state, still_learning, config) == []

    def test_those_who_said_goodbye_are_not(self) -> None:
        seen = evidence((A,), peers={B: peer(B, Status.LEFT)})

        assert commands(state_of(A, B), seen, ReconcileConfig(forget_ms=1_000)) == []


class TestVersions:
    def test_the_version_every_member_understands_is_agreed_on(self) -> None:
        state = state_of(A, B, version=3, supported=4)
        peers = {A: peer(A, version=3), B: peer(B, version=3)}

        assert commands(state, evidence((A, B), peers=peers)) == [RaiseVersion(3)]

    def test_the_oldest_program_decides(self) -> None:
        state = tell(state_of(A, B, supported=4), PutMember(A, "n1", "10.0.0.1", 8002, 0, "", 100, 3))

        assert commands(state, evidence((A, B), peers={A: peer(A, version=3)})) == []

    def test_a_member_nothing_is_known_of_is_waited_for(self) -> None:
        state = state_of(A, version=3, supported=4)
        seen = replace(evidence((A, C)), peers={A: peer(A, version=3)})

        assert commands(state, seen) == []
        assert commands(state_of(), replace(evidence((A,)), peers={})) == []
