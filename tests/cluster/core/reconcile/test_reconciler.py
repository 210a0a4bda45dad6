"""Whole stories on a miniature cluster: it forms, grows, shrinks, loses nodes, and never lets two serve one slot."""

from dataclasses import replace

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Membership
from apps.cluster.core.reconcile import ChangeMembership, Propose, ReconcileConfig, Transfer
from apps.cluster.core.slots import SLOTS
from apps.cluster.core.state import AssignSlots, Retire, SetDraining
from tests.cluster.core.reconcile.toy import Toy

A, B, C, D, E = (NodeId(number) for number in range(1, 6))


def settled(founders: int, *joiners: int, config: ReconcileConfig | None = None) -> Toy:
    """A cluster that has come to rest."""
    toy = Toy(founders, config)
    toy.run(12_000)
    for number in joiners:
        toy.start(number)
    toy.run(20_000 if joiners else 0)
    toy.released = 0
    toy.log.clear()
    return toy


class TestFormation:
    def test_one_node_serves_everything_at_once(self) -> None:
        toy = Toy(1)

        toy.run(300)

        assert toy.slots() == {1: SLOTS}
        assert toy.served() == SLOTS

    def test_founders_share_all_slots_in_one_assignment(self) -> None:
        toy = Toy(3)

        toy.run(1_000)

        assert toy.slots() == {1: 5462, 2: 5461, 3: 5461}
        assert len(toy.state.table.ranges) == 3
        assert toy.membership.voters == (A, B, C)

    def test_a_founder_that_is_late_is_waited_for_a_while(self) -> None:
        toy = Toy(3)
        toy.stop(3)

        toy.run(1_500)
        early = toy.slots()
        toy.run(1_000)

        assert early == {0: SLOTS}
        assert toy.slots() == {1: SLOTS // 2, 2: SLOTS // 2}

    def test_nothing_is_left_to_do_in_a_cluster_at_rest(self) -> None:
        toy = settled(3)

        toy.run(60_000)

        assert toy.log == []


class TestGrowth:
    def test_a_joining_node_learns_at_once_and_gets_its_share_when_stable(self) -> None:
        toy = settled(3)
        toy.start(4)

        toy.run(9_000)
        early = (toy.membership.learners, toy.slots().get(4))
        toy.run(6_000)

        assert early == ((D,), None)
        assert toy.slots() == {1: 4096, 2: 4096, 3: 4096, 4: 4096}
        assert toy.released == 4096
        assert toy.membership.voters == (A, B, C)

    def test_three_nodes_that_join_one_after_the_other_all_vote(self) -> None:
        toy = settled(1, 2, 3)

        assert toy.membership.voters == (A, B, C)
        assert sorted(toy.slots().values()) == [5461, 5461, 5462]

    def test_two_nodes_keep_one_vote_because_two_survive_no_more(self) -> None:
        assert settled(1, 2).membership.voters == (A,)
        assert settled(2).membership.voters == (A,)

    @pytest.mark.parametrize(("members", "voters"), [(3, 3), (4, 3), (5, 5), (6, 5), (9, 5)])
    def test_larger_clusters_have_three_or_five_voters(self, members: int, voters: int) -> None:
        toy = settled(3, *range(4, members + 1))

        assert len(toy.membership.voters) == voters
        assert len(toy.membership.members) == members

    def test_no_more_slots_are_on_their_way_than_allowed(self) -> None:
        toy = settled(1, config=ReconcileConfig(move_limit=100))
        toy.start(2)

        most = 0
        for _ in range(200):
            toy.run(100)
            most = max(most, toy.slots().get(0, 0))

        assert most == 100
        assert toy.slots()[2] > 1_000


class TestLoss:
    def test_the_slots_of_a_dead_node_are_served_within_a_second_and_a_half(self) -> None:
        toy = settled(3)
        toy.stop(3)

        toy.run(1_400)

        assert toy.slots() == {1: SLOTS // 2, 2: SLOTS // 2}
        assert toy.served() == SLOTS

    def test_a_short_silence_costs_nothing(self) -> None:
        toy = settled(3)

        toy.stop(3)
        toy.run(600)
        toy.start(3)
        toy.run(5_000)

        assert toy.released == 0

    def test_the_slots_of_the_leader_before_are_served_soon_after_the_election(self) -> None:
        toy = settled(3)
        toy.stop(1)
        toy.run(800)
        toy.elect(2)

        toy.run(600)

        assert toy.slots() == {2: SLOTS // 2, 3: SLOTS // 2}
        assert toy.served() == SLOTS

    def test_a_node_that_comes_and_goes_gets_nothing_until_it_stays(self) -> None:
        toy = settled(3)

        for _ in range(5):
            toy.stop(3)
            toy.run(2_000)
            toy.start(3)
            toy.run(8_000)
            assert toy.slots().get(3) is None
        toy.run(6_000)

        assert toy.slots()[3] == SLOTS // 3

    def test_two_of_five_may_die_at_once(self) -> None:
        toy = settled(5)
        toy.stop(4)
        toy.stop(5)

        toy.run(1_400)

        assert toy.served() == SLOTS
        assert set(toy.slots()) == {1, 2, 3}
        assert len(toy.membership.voters) == 5

    def test_a_dead_voter_is_replaced_by_a_stable_learner_and_only_then_loses_its_vote(self) -> None:
        toy = settled(3, 4)
        toy.stop(3)

        toy.run(20_000)

        kinds = [(int(a.change.kind), a.change.node) for a in toy.log if isinstance(a, ChangeMembership)]
        assert kinds == [(1, D), (2, C)]
        assert toy.membership.voters == (A, B, D)

    def test_a_rolling_restart_costs_no_votes(self) -> None:
        """Consul #8118: a fast rolling reboot lost the quorum for good."""
        toy = settled(3)

        for number in (3, 2, 3, 2):
            toy.stop(number)
            toy.run(5_000)
            toy.start(number)
            toy.run(1_000)

        assert toy.membership.voters == (A, B, C)
        assert not any(isinstance(action, ChangeMembership) for action in toy.log)

    def test_the_dead_never_cost_the_quorum(self) -> None:
        """Consul #5922: cleaning up after dead servers shrank the quorum until one more loss ended it."""
        toy = settled(5, config=ReconcileConfig(forget_ms=30_000))

        for number in (5, 4, 3):
            toy.stop(number)
            toy.run(60_000)

        assert len(toy.membership.voters) == 3
        assert toy.state.members.keys() >= set(toy.membership.voters)

    def test_a_dead_node_is_forgotten_in_time_and_may_come_back(self) -> None:
        toy = settled(3, 4, config=ReconcileConfig(forget_ms=60_000))
        toy.stop(4)

        toy.run(50_000)
        early = D in toy.state.members
        toy.run(30_000)
        late = D in toy.state.members or D in toy.membership.members
        toy.start(4)
        toy.run(20_000)

        assert (early, late) == (True, False)
        assert toy.slots()[4] == SLOTS // 4

    def test_a_node_that_said_goodbye_is_not_forgotten(self) -> None:
        toy = settled(3, 4, config=ReconcileConfig(forget_ms=20_000))

        toy.leave(4)
        toy.run(60_000)

        assert D in toy.state.members

    def test_a_node_that_does_not_confirm_loses_its_slots_all_the_same(self) -> None:
        toy = settled(3)
        toy.nodes[C].confirms = False
        toy.ask(SetDraining(C, True))

        toy.run(20_000)

        assert 3 not in toy.slots()


class TestOperation:
    def test_a_draining_node_gives_everything_and_nobody_else_anything(self) -> None:
        toy = settled(3)
        toy.ask(SetDraining(C, True))

        toy.run(5_000)

        assert toy.slots() == {1: SLOTS // 2, 2: SLOTS // 2}
        assert toy.released == 5461
        assert toy.membership.voters == (A, B, C)

    def test_it_gets_its_share_back_when_that_is_taken_back(self) -> None:
        toy = settled(3)
        toy.ask(SetDraining(C, True))
        toy.run(5_000)

        toy.ask(SetDraining(C, False))
        toy.run(5_000)

        assert toy.slots()[3] == SLOTS // 3

    def test_a_draining_leader_hands_over_when_it_is_empty(self) -> None:
        toy = settled(3)
        toy.ask(SetDraining(A, True))

        toy.run(5_000)

        assert toy.leader == B
        assert 1 not in toy.slots()
        assert sum(isinstance(action, Transfer) for action in toy.log) == 1

    def test_the_last_node_that_could_serve_keeps_its_slots(self) -> None:
        toy = settled(1)

        toy.ask(SetDraining(A, True))
        toy.run(5_000)

        assert toy.slots() == {1: SLOTS}

    def test_a_weight_of_nothing_empties_a_node_that_is_about_to_stop(self) -> None:
        toy = settled(3)

        toy.say(3, weight=0)
        toy.run(3_000)

        assert 3 not in toy.slots()
        assert not toy.state.members[C].draining

    @pytest.mark.parametrize("number", [1, 2, 5])
    def test_a_retiring_node_goes_for_good_and_is_replaced(self, number: int) -> None:
        toy = settled(3, 4, 5)
        if number == 5:
            toy.stop(4)
        toy.ask(Retire(NodeId(number)))

        toy.run(30_000)
        gone = NodeId(number)

        assert gone not in toy.state.members
        assert gone not in toy.membership.members
        assert number not in toy.slots()
        assert len(toy.membership.voters) == 3

    def test_a_retired_node_that_still_runs_is_not_taken_in_again(self) -> None:
        toy = settled(3, 4)
        toy.ask(Retire(D))

        toy.run(30_000)

        assert toy.peers[D].status == "alive"
        assert D not in toy.state.members

    def test_a_cluster_is_made_smaller_down_to_one(self) -> None:
        toy = settled(3)

        toy.ask(Retire(C))
        toy.run(10_000)
        two = toy.membership
        toy.ask(Retire(A))
        toy.run(20_000)

        assert (two.voters, two.learners) == ((A,), (B,))
        assert (toy.membership.voters, toy.membership.learners) == ((B,), ())
        assert toy.slots() == {2: SLOTS}


class TestDecisions:
    def test_the_same_situation_gives_the_same_actions(self) -> None:
        toy = settled(3)
        toy.stop(3)
        toy.run(600)
        toy.start(4)
        toy.now_ms += 100
        evidence = toy.evidence()

        first = toy.reconciler.decide(toy.state, evidence)
        second = toy.reconciler.decide(toy.state, evidence)

        assert first == second
        assert first

    def test_a_change_that_is_under_way_is_waited_for(self) -> None:
        toy = Toy(1)
        toy.run(300)
        toy.start(2)
        toy.run(100)
        toy.membership = Membership((A,), ())
        evidence = toy.evidence()

        free = toy.reconciler.decide(toy.state, evidence)
        waiting = toy.reconciler.decide(toy.state, replace(evidence, change_pending=True))

        assert any(isinstance(action, ChangeMembership) for action in free)
        assert not any(isinstance(action, ChangeMembership | Transfer) for action in waiting)

    def test_slots_are_given_only_in_the_second_step(self) -> None:
        toy = settled(3)
        toy.stop(3)

        while not any(isinstance(a, Propose) and isinstance(a.command, AssignSlots) for a in toy.log):
            toy.run(100)

        assert all(not outcome.code for outcome in toy.outcomes)
