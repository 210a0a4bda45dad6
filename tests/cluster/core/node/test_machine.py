import msgspec
import pytest

from apps.cluster.core.gossip import Alive, Meta, Nack, Rumours, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import (
    Claim,
    ClaimReply,
    ClaimRequest,
    ClaimWithdrawn,
    Dismissal,
    Failed,
    GossipEnvelope,
    Identity,
    NodeMachine,
    Persist,
    RaftEnvelope,
    SaveIdentity,
    Send,
    SendDatagram,
    SendStream,
    Serving,
    Stop,
)
from apps.cluster.core.node.replica import founding_log, founding_snapshot
from apps.cluster.core.raft import HeartbeatReply, ProposalRefused, Role, Stored
from apps.cluster.core.slots import SLOTS, SlotTable
from apps.cluster.core.state import ClusterState, CommandUnknown, Retire, SetDraining
from apps.cluster.core.state.image import Image
from tests.cluster.core.node.build import Table, address_of, machine_of, three

A, B, C = NodeId(1), NodeId(2), NodeId(3)
CLAIM = Claim("c1", (A, B, C))


def state_by_version(version: int) -> bytes:
    """Return the state of an empty cluster that works by this version."""
    return ClusterState(Image("c1", version, 0, 0, (), (), SlotTable().ranges, (), ()), version).pack()


class TestForming:
    def test_one_node_alone_forms_a_cluster_at_once_and_serves_everything(self) -> None:
        table = Table()

        node = table.add(1)
        table.run(500)

        assert node.now().role is Role.LEADER
        assert node.now().table.count_of(A) == SLOTS
        assert node.serving_until_ms > table.now_ms
        assert node.disk.identity.cluster_id == node.now().cluster_id != ""

    def test_the_log_is_on_the_disk_before_the_identity_says_that_there_is_one(self) -> None:
        machine = machine_of()

        kinds = [type(effect) for effect in machine.take() if isinstance(effect, Persist | SaveIdentity)]

        assert kinds[:3] == [SaveIdentity, Persist, SaveIdentity]

    def test_as_many_as_were_expected_form_one_cluster_and_share_the_slots(self) -> None:
        table = three()

        views = [node.now() for node in table.nodes.values()]

        assert len({view.cluster_id for view in views}) == 1
        assert {view.leader for view in views} == {NodeId(table.leader().number)}
        assert sorted(views[0].table.counts.values()) == [SLOTS // 3, SLOTS // 3, SLOTS // 3 + 1]

    def test_fewer_than_expected_wait(self) -> None:
        table = Table()
        for number in (1, 2):
            table.add(number, expect=3, join=[3 - number])

        table.run(3_000)

        assert all(node.view is None for node in table.nodes.values())

    @pytest.mark.parametrize(("expect", "join"), [(0, ()), (1, (2,))])
    def test_who_is_to_join_forms_nothing(self, expect: int, join: tuple[int, ...]) -> None:
        table = Table()

        node = table.add(1, expect=expect, join=join)
        table.run(3_000)

        assert node.view is None

    def test_a_promise_is_on_the_disk_before_anybody_hears_of_it(self) -> None:
        machine = machine_of(3, expect=3)
        machine.gossip.join([address_of(1)], 1_000)
        _introduce(machine, 1)
        machine.take()

        machine.receive(A, ClaimRequest(CLAIM), 1_000)

        saved, sent = (e for e in machine.take() if isinstance(e, SaveIdentity | Send))
        assert saved == SaveIdentity(machine.identity, CLAIM)
        assert sent == Send(A, address_of(1), ClaimReply("c1", True))

    def test_a_promised_node_starts_when_its_cluster_speaks_to_it(self) -> None:
        machine = machine_of(3, expect=3, claim=CLAIM)
        machine.take()

        machine.receive(A, RaftEnvelope("c2", HeartbeatReply(1, 1, 1)), 1_000)
        foreign = machine.identity.cluster_id
        machine.receive(A, RaftEnvelope("c1", HeartbeatReply(1, 1, 1)), 1_000)

        assert foreign == ""
        assert machine.rejected["wrong_cluster"] == 1
        assert machine.identity.cluster_id == "c1"
        assert machine.member is not None
        assert machine.member.replica.raft.membership.voters == (A, B, C)

    def test_a_coordinator_that_is_taken_in_elsewhere_gives_up_its_claim(self) -> None:
        machine = machine_of(1, expect=3, claim=CLAIM)
        _introduce(machine, 2)
        machine.take()

        machine.receive(B, RaftEnvelope("c2", HeartbeatReply(1, 1, 1)), 1_000)

        assert Send(B, address_of(2), ClaimWithdrawn("c1")) in machine.take()
        assert machine.identity.cluster_id == "c2"

    def test_a_claim_that_is_withdrawn_or_refused_ends(self) -> None:
        promiser, coordinator = machine_of(3, expect=3, claim=CLAIM), machine_of(1, expect=3, claim=CLAIM)

        promiser.receive(A, ClaimWithdrawn("c1"), 1_000)
        coordinator.receive(B, ClaimReply("c1", False), 1_000)

        assert SaveIdentity(promiser.identity, None) in promiser.take()
        assert SaveIdentity(coordinator.identity, None) in coordinator.take()

    def test_a_member_sets_those_free_who_promised_something_else(self) -> None:
        machine = machine_of(1, cluster_id="mine")
        _introduce(machine, 2)
        machine.take()

        machine.receive(B, ClaimReply("other", True), 1_000)
        machine.receive(B, ClaimReply("mine", True), 1_000)
        machine.receive(B, ClaimRequest(Claim("other", (B, C))), 1_000)
        machine.receive(B, ClaimWithdrawn("other"), 1_000)

        said = [e.message for e in machine.take() if isinstance(e, Send) and not isinstance(e.message, RaftEnvelope)]
        assert said == [ClaimWithdrawn("other"), ClaimReply("other", False)]
        assert machine.rejected["late_claim"] == 1

    def test_a_claim_that_nobody_may_make_is_counted(self) -> None:
        machine = machine_of(3, expect=3)

        machine.receive(B, ClaimRequest(CLAIM), 1_000)

        assert machine.rejected["bad_claim"] == 1


class TestJoining:
    def test_a_node_is_taken_in_and_gets_its_share_when_it_is_stable(self) -> None:
        table = three()

        node = table.add(4, expect=0, join=[1])
        table.run(6_000)

        assert 4 in node.now().members
        assert node.now().table.count_of(NodeId(4)) == SLOTS // 4
        assert node.now().membership.learners == (4,)

    def test_a_joining_node_marks_its_log_before_it_says_where_it_belongs(self) -> None:
        machine = machine_of(1, expect=0)
        machine.take()

        machine.receive(B, RaftEnvelope("c1", HeartbeatReply(1, 1, 1)), 1_000)

        kinds = [type(effect) for effect in machine.take() if isinstance(effect, Persist | SaveIdentity)]
        assert kinds == [Persist, SaveIdentity]

    def test_a_node_that_was_told_its_cluster_joins_no_other(self) -> None:
        machine = machine_of(1, expect=0, cluster_id="mine")

        machine.receive(B, RaftEnvelope("other", HeartbeatReply(1, 1, 1)), 1_000)

        assert machine.member is None
        assert machine.rejected["wrong_cluster"] == 1

    def test_a_member_does_not_listen_to_another_clusters_log(self) -> None:
        machine = machine_of(1, cluster_id="mine")
        term = machine.member.replica.raft.term if machine.member else 0

        machine.receive(B, RaftEnvelope("other", HeartbeatReply(99, 1, 1)), 1_000)

        assert machine.member is not None
        assert machine.member.replica.raft.term == term
        assert machine.member.replica.raft.rejected.total() == 0
        assert machine.rejected["wrong_cluster"] == 1


class TestStarting:
    def test_a_restarted_node_is_a_member_again(self) -> None:
        table = three()

        node = table.restart(2)
        table.run(2_000)

        assert node.disk.identity.boot == 2
        assert node.now().leader == table.leader().number
        assert all(n.now().statuses[B] is Status.ALIVE for n in table.nodes.values())

    def test_a_crash_between_log_and_identity_loses_nothing(self) -> None:
        machine = machine_of(1, claim=CLAIM, stored=founding_log(CLAIM), expect=3)

        assert machine.identity.cluster_id == "c1"
        assert SaveIdentity(machine.identity, None) in machine.take()

    @pytest.mark.parametrize(
        ("identity", "cluster_id", "stored", "code"),
        [
            (Identity(A, 2, "n1", "c1"), "", None, "storage_lost"),
            (Identity(A, 2, "n1", "c1"), "c2", founding_log(CLAIM), "wrong_cluster"),
            (Identity(A, 2, "n1", "c1", removed=True), "", founding_log(CLAIM), "removed"),
        ],
    )
    def test_it_does_not_start_on_what_it_must_not(
        self, identity: Identity, cluster_id: str, stored: Stored | None, code: str
    ) -> None:
        machine = machine_of(identity=identity, cluster_id=cluster_id, stored=stored)

        assert [e.code for e in machine.take() if isinstance(e, Stop)] == [code]

    def test_members_are_looked_for_where_the_log_says_they_are(self) -> None:
        table = three()
        node = table.nodes[2]
        node.join = ()
        table.nodes[1].machine.gossip.leave(table.now_ms)
        table.run(1_000)

        table.restart(2)
        table.run(1_000)

        assert node.now().statuses[C] is Status.ALIVE


class TestStopping:
    def test_a_node_alone_leaves_at_once_also_without_a_cluster(self) -> None:
        member, unformed = machine_of(1), machine_of(1, expect=3)

        member.leave(1_000)
        unformed.leave(1_000)

        assert member.take()[-2:] == [Serving(0), Stop("left", "this node was told to leave")]
        assert isinstance(unformed.take()[-1], Stop)

    def test_a_leader_that_leaves_gives_up_its_slots_and_its_office_first(self) -> None:
        table = three()
        leader = table.leader()
        others = [node for node in table.nodes.values() if node is not leader]

        leader.machine.leave(table.now_ms)
        leader.machine.leave(table.now_ms)
        table.run(4_000)

        assert leader.stopped == "left"
        assert leader.serving_until_ms == 0
        assert table.leader() in others
        assert others[0].now().table.count_of(NodeId(leader.number)) == 0
        assert others[0].now().statuses[NodeId(leader.number)] is Status.LEFT
        assert leader.number in others[0].now().members

    def test_where_all_leave_at_once_nobody_waits_for_another(self) -> None:
        table = three()
        nodes = list(table.nodes.values())

        for node in nodes:
            node.machine.leave(table.now_ms)
        table.run(2_500)

        assert [node.stopped for node in nodes] == ["left"] * 3

    def test_after_its_return_it_has_its_share_again(self) -> None:
        table = three()
        table.nodes[3].machine.leave(table.now_ms)
        table.run(4_000)

        table.restart(3)
        table.run(5_000)

        assert table.leader().now().table.count_of(C) >= SLOTS // 3

    def test_without_a_leader_it_goes_when_its_time_is_up(self) -> None:
        table = three()
        for number in (1, 2):
            table.nodes[number].deaf = True

        table.nodes[3].machine.leave(table.now_ms)
        table.run(table.nodes[3].config.stop_ms + 1_000)

        assert table.nodes[3].stopped == "left"

    def test_nothing_comes_after_a_stop(self) -> None:
        machine = machine_of(1)
        machine.leave(1_000)
        machine.take()

        machine.tick(9_000)
        machine.receive(B, ClaimWithdrawn("c1"), 9_000)
        machine.receive_datagram(B, address_of(2), Nack(1), 9_000)
        machine.confirm(1, 9_000)
        machine.leave(9_000)
        machine.update_load(3, 9_000)

        assert machine.take() == []
        with pytest.raises(ProposalRefused):
            machine.transfer(B, 9_000)

    def test_a_retired_node_is_emptied_and_stops_and_does_not_start_again(self) -> None:
        table = three()
        table.ask(1, Retire(C))

        table.run(5_000)
        stopped = table.nodes[3].stopped
        again = table.restart(3)

        assert stopped == "removed"
        assert again.stopped == "removed"
        assert 3 not in table.leader().now().members

    def test_one_that_was_removed_while_it_could_not_hear_it_is_told(self) -> None:
        table = three()
        table.nodes[3].deaf = True
        table.ask(1, Retire(C))
        table.run(6_000)

        table.nodes[3].deaf = False
        table.run(6_000)

        assert table.nodes[3].stopped == "removed"

    def test_a_dismissal_of_another_cluster_is_refused(self) -> None:
        member, promised = machine_of(1, cluster_id="mine"), machine_of(3, expect=3, claim=CLAIM)

        member.receive(B, Dismissal("other"), 1_000)
        promised.receive(B, Dismissal("other"), 1_000)

        assert member.rejected["wrong_cluster"] == promised.rejected["wrong_cluster"] == 1
        assert not any(isinstance(effect, Stop) for effect in member.take() + promised.take())

    def test_one_that_was_retired_before_it_was_ever_taken_in_is_told(self) -> None:
        machine = machine_of(4, expect=0)

        machine.receive(B, Dismissal("c1"), 1_000)

        assert machine.identity.removed
        assert [e.code for e in machine.take() if isinstance(e, Stop)] == ["removed"]

    def test_a_program_that_is_too_old_for_its_own_disk_stops(self) -> None:
        newer = msgspec.structs.replace(founding_snapshot(CLAIM), data=state_by_version(9))
        stored = msgspec.structs.replace(founding_log(CLAIM), snapshot=newer)

        machine = machine_of(1, identity=Identity(A, 2, "n1", "c1"), stored=stored)

        stops = [effect for effect in machine.take() if isinstance(effect, Stop)]
        assert [stop.code for stop in stops] == ["too_old"]
        assert "version 9" in stops[0].detail

    def test_a_program_that_is_too_old_stops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        table = three()

        def refuse(*_: object) -> None:
            raise CommandUnknown(9, 1)

        monkeypatch.setattr(ClusterState, "apply", refuse)
        table.nodes[1].machine.propose(SetDraining(C, True), table.now_ms)
        table.run(500)

        assert {node.stopped for node in table.nodes.values()} == {"too_old"}


class TestAsking:
    def test_without_a_cluster_nothing_can_be_asked(self) -> None:
        machine = machine_of(1, expect=3)

        tickets = [machine.propose(SetDraining(A, True), 1_000), machine.read(1_000)]

        failures = [e for e in machine.take() if isinstance(e, Failed)]
        assert failures == [Failed(ticket, "no_cluster") for ticket in tickets]
        assert len(set(tickets)) == 2
        with pytest.raises(ProposalRefused):
            machine.transfer(B, 1_000)

    def test_above_the_bound_it_is_busy(self) -> None:
        table = three(proposals_max=1)
        node = table.nodes[1 if table.leader().number != 1 else 2]
        node.machine.read(table.now_ms)

        ticket = node.machine.read(table.now_ms)

        assert Failed(ticket, "busy") in node.machine.take()

    def test_the_office_is_handed_over(self) -> None:
        table = three()
        leader = table.leader()
        other = next(n for n in table.nodes.values() if n is not leader)

        leader.machine.transfer(NodeId(other.number), table.now_ms)
        table.run(1_000)

        assert table.leader() is other

    def test_the_load_is_told_to_the_others(self) -> None:
        table = three()

        table.nodes[1].machine.update_load(42, table.now_ms)
        table.run(1_000)

        assert table.nodes[2].machine.gossip.peers[A].meta.load == 42

    def test_what_cannot_be_sent_anywhere_is_counted(self) -> None:
        machine = machine_of(1, cluster_id="mine")

        machine.receive(B, ClaimReply("other", True), 1_000)

        assert machine.rejected["no_address"] == 1

    def test_a_member_that_gossip_does_not_know_is_reached_where_the_log_says_it_is(self) -> None:
        table = three()
        node = table.nodes[2]
        node.start(table.now_ms)
        node.machine.take()

        node.machine.receive(C, ClaimReply("other", True), table.now_ms)

        assert Send(C, address_of(3), ClaimWithdrawn("other")) in node.machine.take()

    def test_gossip_goes_by_datagrams_and_what_is_too_large_by_streams(self) -> None:
        machine = machine_of(1, join=[2], expect=3)
        _introduce(machine, 2)
        machine.tick(3_000)

        effects = machine.take()

        assert any(isinstance(e, SendDatagram) for e in effects)
        assert any(isinstance(e, SendStream) and isinstance(e.message, GossipEnvelope) for e in effects)


def _introduce(machine: NodeMachine, number: int) -> None:
    """Let a node hear of another one."""
    news = Alive(NodeId(number), address_of(number), 1, Meta(name=f"n{number}", expect=3))
    machine.receive_datagram(NodeId(number), address_of(number), Rumours((news,)), 1_000)
