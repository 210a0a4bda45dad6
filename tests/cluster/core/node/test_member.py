import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import Completed, Failed, Send, Serving, ViewChanged
from apps.cluster.core.node.member import Member
from apps.cluster.core.raft import ProposalRefused, Raft, Role
from apps.cluster.core.reconcile import Propose, Reconciler
from apps.cluster.core.state import AcquireLease, Code, Lease, Outcome, ReleaseLease, SetDraining
from tests.cluster.core.node.build import Node, Table, three

A, B, C = NodeId(1), NodeId(2), NodeId(3)


def follower_of(table: Table) -> Node:
    return next(node for node in table.nodes.values() if node is not table.leader())


def member_of(node: Node) -> Member:
    assert node.machine.member is not None
    return node.machine.member


def acquire(node: Node, nonce: int, key: str = "job") -> AcquireLease:
    return AcquireLease(key, NodeId(node.number), 60_000, nonce)


class TestProposals:
    def test_any_member_may_ask_and_is_answered(self) -> None:
        table = three()
        node = follower_of(table)

        first = table.ask(node.number, acquire(node, 1))
        second = table.ask(table.leader().number, acquire(table.leader(), 2))

        assert isinstance(first, Completed)
        assert isinstance(first.result, Lease)
        assert first.result.holder == node.number
        assert isinstance(second, Failed)
        assert second.code == "lease_held"

    def test_without_a_leader_it_waits_for_one(self) -> None:
        table = three()
        leader, node = table.leader(), follower_of(table)
        leader.deaf = True
        table.run(700)

        answer = table.ask(node.number, acquire(node, 1))

        assert isinstance(answer, Completed)

    def test_with_no_leader_for_too_long_it_fails(self) -> None:
        table = three()
        for node in table.nodes.values():
            node.deaf = True
        table.run(2_000)

        answer = table.ask(1, acquire(table.nodes[1], 1))

        assert isinstance(answer, Failed)
        assert answer.code == "timeout"

    def test_what_got_lost_on_the_way_is_sent_again(self) -> None:
        table = three()
        node = follower_of(table)
        node.deaf = True
        ticket = node.machine.propose(acquire(node, 1), table.now_ms)
        table.settle()
        node.deaf = False

        table.run(node.config.retry_ms + 100)

        assert isinstance(node.answers()[ticket], Completed)

    def test_tried_twice_it_is_applied_once(self) -> None:
        table = three()
        node = follower_of(table)
        ticket = node.machine.propose(ReleaseLease("none", 1), table.now_ms)
        member_of(node)._retry(table.now_ms, everything=True)

        table.run(500)

        codes = [effect for effect in node.effects if isinstance(effect, Failed) and effect.request == ticket]
        assert codes == [Failed(ticket, "lease_lost")]
        assert len(member_of(node).proposals) == 0

    def test_a_number_that_was_shut_out_is_exchanged(self) -> None:
        table = three()
        leader = table.leader()
        member = member_of(leader)
        ticket = leader.machine.propose(acquire(leader, 1), table.now_ms)
        pending = member.proposals.of_request(ticket)
        assert pending is not None

        member._answer_one(Outcome(NodeId(leader.number), pending.request, 1, Code.DUPLICATE), table.now_ms)

        assert pending.request > ticket
        table.run(500)
        assert ticket in leader.answers()

    def test_after_a_snapshot_nobody_knows_whether_a_duplicate_was_done(self) -> None:
        table = three()
        node = follower_of(table)
        member = member_of(node)
        node.deaf = True
        ticket = node.machine.propose(acquire(node, 1), table.now_ms)
        member.replica.installed = member.replica.changed = True
        member._take_note()

        member._answer_one(Outcome(NodeId(node.number), ticket, 1, Code.DUPLICATE), table.now_ms)
        table.settle()

        assert node.answers()[ticket] == Failed(ticket, "unknown")

    def test_a_final_refusal_fails_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table = three()
        node = follower_of(table)

        def refuse(*_: object) -> None:
            raise ProposalRefused("too_large")

        monkeypatch.setattr(Raft, "propose", refuse)

        answer = table.ask(node.number, acquire(node, 1))

        assert isinstance(answer, Failed)
        assert answer.code == "too_large"

    def test_values_out_of_bounds_fail_at_once(self) -> None:
        table = three()
        node = follower_of(table)

        answer = table.ask(node.number, acquire(node, 1, key=""))

        assert isinstance(answer, Failed)
        assert answer.code == "invalid"

    def test_a_read_shows_what_was_decided_before(self) -> None:
        table = three()
        decided = table.ask(table.leader().number, SetDraining(A, True))
        node = follower_of(table)

        answer = table.ask(node.number, None)

        assert isinstance(decided, Completed)
        assert isinstance(answer, Completed)
        assert node.now().members[A].draining
        assert isinstance(answer.result, int)
        assert answer.result <= node.now().index


class TestOffice:
    def test_a_decision_that_the_log_refuses_is_dropped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table = three()
        leader = table.leader()

        def refuse(*_: object) -> None:
            raise ProposalRefused("busy")

        monkeypatch.setattr(Raft, "propose", refuse)
        request = member_of(leader)._enact(SetDraining(A, True), table.now_ms)

        assert request is None
        assert len(member_of(leader).proposals) == 0

    def test_no_decision_is_among_what_is_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table = three()
        leader = table.leader()
        decided: list[Propose] = [Propose(SetDraining(A, True))]

        def refuse(*_: object) -> None:
            raise ProposalRefused("busy")

        monkeypatch.setattr(Reconciler, "decide", lambda *_: decided)
        monkeypatch.setattr(Raft, "propose", refuse)
        table.run(500)

        assert len(member_of(leader).proposals) == 0

    def test_a_leader_that_reaches_nobody_loses_its_office_and_then_its_lease(self) -> None:
        table = three()
        leader = table.leader()
        leader.deaf = True

        table.run(1_500)

        assert leader.now().role is not Role.LEADER
        assert leader.now().leader == NO_NODE
        assert leader.serving_until_ms < table.now_ms
        assert sum(node.serving_until_ms > table.now_ms for node in table.nodes.values()) == 2

    def test_the_office_goes_to_a_voter_that_lives(self) -> None:
        table = three()
        leader = table.leader()
        dead = follower_of(table)
        dead.deaf = True
        table.run(4_000)

        member_of(leader).hand_over(table.now_ms)
        table.settle()
        table.run(500)

        assert table.leader().number not in {leader.number, dead.number}

    def test_with_nobody_there_nothing_is_handed_over(self) -> None:
        table = Table()
        table.add(1)
        table.run(500)

        member_of(table.nodes[1]).hand_over(table.now_ms)
        table.run(500)

        assert table.leader().number == 1


class TestPublishing:
    def test_the_table_comes_before_the_lease_that_was_granted_under_it(self) -> None:
        table = Table()
        node = table.add(1)
        table.run(500)

        shown = [type(effect) for effect in node.effects if isinstance(effect, ViewChanged | Serving)]

        assert shown[0] is ViewChanged
        assert Serving in shown

    def test_a_quiet_cluster_makes_no_new_views(self) -> None:
        table = three()
        table.run(3_000)
        for node in table.nodes.values():
            node.effects.clear()

        table.run(1_000)

        kinds = {type(effect) for node in table.nodes.values() for effect in node.effects}
        assert ViewChanged not in kinds
        assert Serving in kinds

    def test_the_leader_hears_of_a_table_only_when_it_is_in_force(self) -> None:
        table = Table()
        for number in (1, 2, 3):
            table.add(number, expect=3, join=[n for n in (1, 2, 3) if n != number], confirms=True)
        table.run(4_000)
        leader, node = table.leader(), follower_of(table)
        contact = member_of(leader).replica.raft.contacts()[NodeId(node.number)]
        unconfirmed = contact.applied

        node.machine.confirm(node.now().index + 1_000, table.now_ms)
        table.run(300)

        assert unconfirmed == 0
        assert member_of(leader).replica.raft.contacts()[NodeId(node.number)].applied == node.now().index

    def test_a_node_that_does_not_come_to_rest_is_a_defect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table = Table()
        node = table.add(1)
        monkeypatch.setattr(Raft, "has_ready", True)
        monkeypatch.setattr(Raft, "ready", lambda *_: None)

        with pytest.raises(AssertionError, match="rest"):
            member_of(node).settle(table.now_ms)

    def test_messages_of_the_log_carry_the_clusters_id(self) -> None:
        table = three()

        sent = [e.message for e in table.leader().effects if isinstance(e, Send)]

        assert {message.cluster_id for message in sent if hasattr(message, "cluster_id")} == {
            table.leader().now().cluster_id
        }
