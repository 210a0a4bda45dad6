"""Votes: replaced before removed, never an even number for long, never a majority that is dead."""

from dataclasses import replace

import pytest

from apps.cluster.core.gossip import NO_VOTE, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Change, ChangeKind, Contact
from apps.cluster.core.reconcile import Evidence, ReconcileConfig
from apps.cluster.core.reconcile.electorate import Electorate, voters_for
from apps.cluster.core.slots import SLOTS
from apps.cluster.core.state import ClusterState, RemoveMember, Retire, SetDraining
from tests.cluster.core.reconcile.situations import (
    LONG_AGO_MS,
    NOW_MS,
    A,
    B,
    C,
    D,
    E,
    F,
    contact,
    evidence,
    owning,
    peer,
    presence_of,
    state_of,
    tell,
)

SILENT = contact(NOW_MS - 60_000)
ADD, PROMOTE, DEMOTE, REMOVE = ChangeKind.ADD_LEARNER, ChangeKind.PROMOTE, ChangeKind.DEMOTE, ChangeKind.REMOVE


def electorate(state: ClusterState, *seen: Evidence, config: ReconcileConfig | None = None) -> Electorate:
    return Electorate(state, seen[-1], presence_of(state, *seen, config=config), config or ReconcileConfig())


def change(state: ClusterState, *seen: Evidence, config: ReconcileConfig | None = None) -> Change | None:
    return electorate(state, *seen, config=config).next_change()


def dead(
    *nodes: NodeId, voters: tuple[NodeId, ...], learners: tuple[NodeId, ...] = (), status: Status = Status.DEAD
) -> Evidence:
    return evidence(
        voters,
        learners,
        contacts=dict.fromkeys(nodes, SILENT),
        peers={node: peer(node, status) for node in nodes},
    )


@pytest.mark.parametrize(
    ("members", "voters"), [(0, 1), (1, 1), (2, 1), (3, 3), (4, 3), (5, 5), (6, 5), (7, 5), (1_000, 5)]
)
def test_how_many_should_vote(members: int, voters: int) -> None:
    assert voters_for(members, 5) == voters
    assert voters_for(members, 1) == 1


def test_in_a_cluster_that_is_as_it_should_be_nothing_changes() -> None:
    assert change(state_of(A, B, C, D), evidence((A, B, C), (D,))) is None


def test_one_step_at_a_time() -> None:
    state = state_of(A, B, C, D)
    seen = evidence((A, B, C), peers={D: peer(D)})

    assert change(state, seen) == Change(ADD, D)
    assert change(state, replace(seen, change_pending=True)) is None


class TestAdding:
    def test_living_members_learn_the_oldest_first(self) -> None:
        state = state_of(A, C, B)

        assert change(state, evidence((A,), peers={B: peer(B), C: peer(C)})) == Change(ADD, C)

    @pytest.mark.parametrize("status", [Status.SUSPECT, Status.DEAD, Status.LEFT])
    def test_only_the_living_do(self, status: Status) -> None:
        assert change(state_of(A, B), evidence((A,), peers={B: peer(B, status)})) is None

    def test_neither_strangers_nor_those_who_go(self) -> None:
        assert change(state_of(A), evidence((A,), peers={B: peer(B)})) is None
        assert change(tell(state_of(A, B), Retire(B)), evidence((A,), peers={B: peer(B)})) is None
        assert change(state_of(A, B), evidence((A,))) is None


class TestAskingForNoVote:
    def test_who_wants_none_gets_none_and_does_not_make_others_be_wanted(self) -> None:
        followers = {node: peer(node, roles=("ws", NO_VOTE)) for node in (B, C)}

        assert change(state_of(A, B, C), evidence((A,), (B, C), peers=followers)) is None
        assert change(state_of(A, B, C, D), evidence((A,), (B, C, D), peers=followers)) is None

    def test_the_willing_get_theirs_beside_them(self) -> None:
        seen = evidence((A,), (B, C, D), peers={B: peer(B, roles=("ws", NO_VOTE))})

        assert electorate(state_of(A, B, C, D), seen).target == 3
        assert change(state_of(A, B, C, D), seen) == Change(PROMOTE, C)

    def test_who_votes_already_goes_on(self) -> None:
        seen = evidence((A, B, C), peers={C: peer(C, roles=(NO_VOTE,))})

        assert electorate(state_of(A, B, C), seen).target == 3
        assert change(state_of(A, B, C), seen) is None


class TestPromoting:
    def test_the_oldest_stable_learner_gets_the_missing_vote(self) -> None:
        assert change(state_of(A, C, B), evidence((A,), (B, C))) == Change(PROMOTE, C)

    def test_not_one_alone_that_would_only_make_the_number_even(self) -> None:
        unstable = peer(C, since_ms=NOW_MS - 100)

        assert change(state_of(A, B, C), evidence((A,), (B, C), peers={C: unstable})) is None

    def test_one_alone_that_makes_it_odd(self) -> None:
        assert change(state_of(A, B, C), evidence((A, B), (C,))) == Change(PROMOTE, C)

    def test_one_alone_that_takes_the_place_of_a_dead_voter(self) -> None:
        assert change(state_of(A, B, C, D), dead(C, voters=(A, B, C), learners=(D,))) == Change(PROMOTE, D)

    def test_a_voter_that_is_away_for_a_moment_is_not_replaced(self) -> None:
        seen = evidence(
            (A, B, C),
            (D,),
            contacts={C: contact(NOW_MS - 9_000)},
            peers={C: peer(C, Status.DEAD, NOW_MS - 9_999)},
        )

        assert change(state_of(A, B, C, D), seen) is None

    def test_one_that_said_goodbye_is_replaced_too(self) -> None:
        seen = dead(C, voters=(A, B, C), learners=(D,), status=Status.LEFT)

        assert change(state_of(A, B, C, D), seen) == Change(PROMOTE, D)

    @pytest.mark.parametrize(
        "learner",
        [contact(NOW_MS - 400), contact(None), contact(match=1_000 - 513)],
        ids=["quiet", "never heard", "lagging"],
    )
    def test_a_learner_that_could_not_keep_up_gets_none(self, learner: Contact) -> None:
        seen = dead(C, voters=(A, B, C), learners=(D,))

        assert change(state_of(A, B, C, D), replace(seen, contacts={**seen.contacts, D: learner})) is None

    def test_neither_does_one_that_goes_or_is_unknown(self) -> None:
        seen = dead(C, voters=(A, B, C), learners=(D,))

        assert change(tell(state_of(A, B, C, D, E), Retire(D)), seen) is None
        assert change(state_of(A, B, C), seen) is None

    def test_one_that_drains_gets_one_only_if_no_other_can(self) -> None:
        state = tell(state_of(A, B, C, D, E), SetDraining(D, True))

        assert change(state, dead(C, voters=(A, B, C), learners=(D, E))) == Change(PROMOTE, E)
        assert change(state, dead(C, E, voters=(A, B, C), learners=(D, E))) == Change(PROMOTE, D)

    def test_one_that_asked_for_none_gets_one_only_if_the_leader_could_not_go_otherwise(self) -> None:
        seen = evidence((A,), (B,), peers={B: peer(B, roles=(NO_VOTE,))})
        state = state_of(A, B)

        assert change(state, seen) is None
        assert change(tell(state, Retire(A)), seen) == Change(PROMOTE, B)

    def test_not_while_the_step_would_leave_no_living_majority(self) -> None:
        seen = dead(B, C, voters=(A, B, C), learners=(D,))

        assert change(state_of(A, B, C, D), seen) is None

    def test_no_more_than_should_vote(self) -> None:
        assert change(state_of(A, B, C, D, E, F), evidence((A, B, C, D, E), (F,))) is None

    def test_a_leader_without_a_contact_of_itself_judges_all_the_same(self) -> None:
        seen = evidence((A,), (B, C))
        contacts = {node: contact() for node in (B, C)}

        assert change(state_of(A, B, C), replace(seen, contacts=contacts)) == Change(PROMOTE, B)


class TestDemoting:
    def test_the_dead_go_before_the_newest(self) -> None:
        assert change(state_of(A, B, C, D), dead(B, voters=(A, B, C, D))) == Change(DEMOTE, B)

    def test_those_who_go_before_the_dead(self) -> None:
        state = tell(state_of(A, B, C, D, E), Retire(C))

        assert change(state, dead(B, voters=(A, B, C, D, E))) == Change(DEMOTE, C)

    def test_the_silent_before_the_newest(self) -> None:
        seen = evidence((A, B, C, D), contacts={B: contact(NOW_MS - 500)})

        assert change(state_of(A, B, C, D), seen) == Change(DEMOTE, B)

    def test_else_the_newest_but_never_the_leader(self) -> None:
        assert change(state_of(B, C, D, A), evidence((A, B, C, D))) == Change(DEMOTE, D)
        assert change(state_of(B, A), evidence((A, B))) == Change(DEMOTE, B)

    def test_never_to_a_majority_that_is_dead(self) -> None:
        state = state_of(A, B, C, D)
        everybody_quiet = {node: contact(NOW_MS - 500) for node in (B, C, D)}

        assert change(state, evidence((A, B, C, D), contacts=everybody_quiet)) is None

    def test_whoever_is_needed_for_a_living_majority_stays_longer_than_the_silent(self) -> None:
        """A, D and E live; without D, which is to go, 2 of 4 would be left."""
        state = tell(state_of(A, B, C, D, E), Retire(D))
        seen = evidence((A, B, C, D, E), contacts={B: contact(NOW_MS - 500), C: contact(NOW_MS - 500)})

        assert change(state, seen) == Change(DEMOTE, C)

    def test_no_sound_voter_while_it_is_the_leader_that_goes(self) -> None:
        state = tell(state_of(A, B, C, D), Retire(A))

        assert change(state, evidence((A, B, C, D))) is None

    def test_a_dead_voter_without_replacement_keeps_its_vote(self) -> None:
        """Consul #5922: three voters, one dead, must not become two."""
        assert change(state_of(A, B, C), dead(C, voters=(A, B, C))) is None

    def test_the_long_dead_keep_theirs_in_a_cluster_of_three(self) -> None:
        config = ReconcileConfig(forget_ms=1_000)

        assert change(state_of(A, B, C), dead(C, voters=(A, B, C)), config=config) is None

    def test_the_long_dead_lose_theirs_in_a_cluster_of_five(self) -> None:
        config = ReconcileConfig(forget_ms=1_000)

        seen = dead(E, voters=(A, B, C, D, E))

        assert change(state_of(A, B, C, D, E), seen) is None
        assert change(state_of(A, B, C, D, E), seen, config=config) == Change(DEMOTE, E)

    def test_a_voter_without_a_record_counts_like_any_other(self) -> None:
        assert change(state_of(A, B), evidence((A, B, C))) is None


class TestRemoving:
    def removed(self) -> ClusterState:
        return tell(state_of(A, B, C, D), RemoveMember(D, for_good=True))

    def test_a_removed_learner_is_taken_out_once_it_knows(self) -> None:
        state = self.removed()
        knows = evidence((A, B, C), (D,), contacts={D: contact(applied=state.index)})
        does_not = evidence((A, B, C), (D,), contacts={D: contact(applied=state.index - 1)})

        assert change(state, knows) == Change(REMOVE, D)
        assert change(state, does_not) is None

    def test_or_is_gone(self) -> None:
        silent = contact(NOW_MS - 700, applied=0)

        assert change(self.removed(), evidence((A, B, C), (D,), contacts={D: silent})) == Change(REMOVE, D)

    def test_a_removed_voter_loses_its_vote_first(self) -> None:
        assert change(self.removed(), evidence((A, B, C, D))) == Change(DEMOTE, D)

    def test_a_dead_learner_is_taken_out_when_it_is_to_be_forgotten(self) -> None:
        state = state_of(A, B, C, D)
        seen = dead(D, voters=(A, B, C), learners=(D,))
        config = ReconcileConfig(forget_ms=NOW_MS - LONG_AGO_MS)

        assert change(state, seen) is None
        assert change(state, seen, config=config) == Change(REMOVE, D)

    def test_but_not_while_it_has_slots_or_if_it_said_goodbye(self) -> None:
        config = ReconcileConfig(forget_ms=1_000)
        owner = owning(state_of(A, B, C, D), (0, SLOTS - 1, D))

        assert change(owner, dead(D, voters=(A, B, C), learners=(D,)), config=config) is None
        left = dead(D, voters=(A, B, C), learners=(D,), status=Status.LEFT)
        assert change(state_of(A, B, C, D), left, config=config) is None


class TestSuccession:
    def test_the_voter_that_is_furthest_follows(self) -> None:
        seen = evidence((A, B, C), (D,), contacts={B: contact(match=5), C: contact(match=9), D: contact(match=10)})

        assert electorate(state_of(A, B, C, D), seen).successor() == C

    def test_of_equals_the_one_with_the_smallest_id(self) -> None:
        assert electorate(state_of(A, B, C), evidence((A, B, C))).successor() == B

    def test_nobody_that_is_silent_drains_or_goes(self) -> None:
        state = tell(state_of(A, B, C, D), SetDraining(B, True), Retire(C))

        assert electorate(state, evidence((A, B, C, D), contacts={D: SILENT})).successor() is None

    def test_one_that_drains_where_the_leader_could_not_go_otherwise(self) -> None:
        state = tell(state_of(A, B, C, D), SetDraining(B, True), Retire(C))
        seen = evidence((A, B, C, D), contacts={D: SILENT})

        assert electorate(state, seen).successor() is None
        assert electorate(tell(state, Retire(A)), seen).successor() == B
