"""The way of one message: delivered, sent on, parked, or given up with a notice."""

from typing import Any

import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.routing import Put, RoutingConfig, slot_of
from apps.cluster.core.routing.frames import Deliver, Route, encode_frame
from apps.cluster.core.routing.outbox import Outbox
from apps.cluster.core.slots import SlotTable
from tests.cluster.core.routing.network import Network, assigned, everything_of, released

ONE, TWO, THREE = NodeId(1), NodeId(2), NodeId(3)
QUIET = RoutingConfig(gap_margin_ms=0)


def network_of(count: int = 3, config: RoutingConfig = QUIET, owner: NodeId = ONE) -> Network:
    """Linked nodes that agree on the owner of everything and have nothing to tell any more."""
    network = Network(count, config)
    network.serve()
    network.view(everything_of(owner))
    network.connect_all()
    network.settle()
    network.pass_time(1_000)
    network.gaps.clear()
    return network


def batch_of(frame: Route | Deliver | Put) -> bytes:
    outbox = Outbox(1 << 20, 1 << 20)
    outbox.append(encode_frame(frame))
    return outbox.take() or b""


def put(channel: str = "room", **changes: Any) -> Put:
    return replace_frame(Put(0, 0, 0, channel, TWO, b"hello"), **changes)


def replace_frame(frame: Put, **changes: Any) -> Put:
    values = {name: getattr(frame, name) for name in frame.__struct_fields__} | changes
    return Put(**values)


class TestGroups:
    @pytest.mark.parametrize("sender", [ONE, TWO, THREE])
    def test_every_node_with_members_is_told_once(self, sender: NodeId) -> None:
        network = network_of()
        for node in network.nodes:
            network.join(node, "group")
        network.settle()

        network.send(sender, ("group",), b"hello")
        network.settle()

        assert [network.delivered[node] for node in network.nodes] == [[(("group",), b"hello")]] * 3

    def test_nodes_without_members_are_not_told(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()

        network.send(THREE, ("group", "other"), b"hello")
        network.settle()

        assert dict(network.delivered) | {ONE: [], THREE: []} == {ONE: [], TWO: [(("group",), b"hello")], THREE: []}

    def test_many_groups_reach_a_node_in_one_message_of_their_owner(self) -> None:
        network = network_of()
        for group in ("a", "b"):
            network.join(TWO, group)
        network.join(THREE, "b")
        network.join(ONE, "a")
        network.settle()

        network.send(THREE, ("a", "b", "c"), b"hello")
        network.settle()

        assert network.delivered[ONE] == [(("a",), b"hello")]
        assert network.delivered[TWO] == [(("a", "b"), b"hello")]
        assert network.delivered[THREE] == [(("b",), b"hello")]

    def test_an_owner_whose_lease_has_run_out_holds_messages_until_it_serves_again(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        network.serve(ONE, until_ms=network.now_ms)

        network.send(THREE, ("group",), b"hello")
        network.settle()
        assert network.delivered[TWO] == []

        network.serve(ONE)
        network.settle()
        assert network.delivered[TWO] == [(("group",), b"hello")]

    def test_what_waits_too_long_is_given_up_with_a_notice_for_its_members(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        network.serve(ONE, until_ms=0)
        sent_ms = network.now_ms

        network.send(THREE, ("group",), b"hello")
        network.pass_time(QUIET.parked_ms + 500)

        assert network.delivered[TWO] == []
        ((_, groups, since_ms),) = network.gaps[TWO]
        assert groups == ("group",)
        assert since_ms <= sent_ms + 50  # one step of the test's clock on the way to the owner
        assert network.gaps[THREE] == []
        assert network.routers[ONE].counters["parked_too_long"] == 1

    def test_messages_for_slots_without_owner_wait_where_they_are_and_then_go_to_the_new_one(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        table = released(everything_of(ONE), 2, (0, 16_383))
        network.view(table)

        network.send(THREE, ("group",), b"hello")
        network.settle()
        network.view(assigned(table, 3, (0, 16_383, TWO)))
        network.settle()

        assert network.delivered[TWO] == [(("group",), b"hello")]

    def test_a_former_owner_sends_on_by_its_newer_table(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        table = assigned(released(everything_of(ONE), 2, (0, 16_383)), 3, (0, 16_383, TWO))
        network.view(table, ONE, TWO)

        network.send(THREE, ("group",), b"hello")
        network.settle()

        assert network.delivered[TWO] == [(("group",), b"hello")]

    def test_a_new_owner_tells_nodes_it_has_not_heard_all_of_yet(self) -> None:
        network = network_of()
        network.join(THREE, "group")
        network.settle()
        table = assigned(released(everything_of(ONE), 2, (0, 16_383)), 3, (0, 16_383, TWO))
        network.view(table)

        network.send(TWO, ("group",), b"hello")
        network.settle()
        network.send(TWO, ("nobody",), b"hello")
        network.settle()

        assert network.delivered[THREE] == [(("group",), b"hello")]
        assert network.delivered[ONE] == []

    def test_a_receiver_with_an_older_table_waits_for_the_newer_one(self) -> None:
        network = network_of()
        network.routers[TWO].receive(ONE, batch_of(Route(9, 1, 0, ("group",), b"hello")), network.now_ms)
        network.join(TWO, "group")
        network.collect(TWO)
        assert network.delivered[TWO] == []

        network.view(assigned(released(everything_of(ONE), 8, (0, 16_383)), 9, (0, 16_383, TWO)), TWO)

        assert network.delivered[TWO] == [(("group",), b"hello")]

    def test_after_too_many_hops_a_message_is_given_up(self) -> None:
        network = network_of()

        network.routers[TWO].receive(THREE, batch_of(Route(0, QUIET.max_hops, 0, ("group",), b"hello")), network.now_ms)

        assert network.routers[TWO].counters["too_many_hops"] == 1

    def test_an_owner_that_does_not_know_its_slot_was_taken_is_not_believed(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.join(TWO, "other")
        network.settle()
        slot = slot_of("group")
        table = assigned(released(everything_of(ONE), 2, (slot, slot)), 3, (slot, slot, THREE))
        network.view(table, TWO, THREE)
        network.settle()
        before_ms = network.now_ms

        network.send(ONE, ("group", "other"), b"hello")
        network.settle()
        network.pass_time(500)

        assert network.delivered[TWO] == [(("other",), b"hello")]
        assert network.routers[TWO].counters["stale_epoch"] == 1
        assert [groups for _, groups, _ in network.gaps[TWO]] == [("group",)]
        assert network.gaps[TWO][0][2] <= before_ms

    def test_beyond_the_bound_of_a_peer_messages_are_dropped_with_a_notice(self) -> None:
        network = network_of(config=RoutingConfig(gap_margin_ms=0, peer_bytes=400))
        network.join(TWO, "group")
        network.settle()

        for _ in range(5):
            network.send(ONE, ("group",), b"x" * 150)
        network.pass_time(500)

        assert len(network.delivered[TWO]) == 2
        assert network.routers[ONE].counters["peer_full"] == 3
        assert [groups for _, groups, _ in network.gaps[TWO]] == [("group",)]

    def test_beyond_the_bound_of_what_may_be_parked_messages_are_dropped_with_a_notice(self) -> None:
        network = network_of(config=RoutingConfig(gap_margin_ms=0, parked_bytes=400))
        network.join(TWO, "group")
        network.settle()
        network.serve(ONE, until_ms=0)

        network.send(ONE, ("group",), b"x" * 150)
        network.send(ONE, ("group",), b"x" * 150)
        network.pass_time(500)

        assert network.routers[ONE].counters["parking_full"] == 1
        assert [groups for _, groups, _ in network.gaps[TWO]] == [("group",)]


class TestChannels:
    def test_a_message_for_a_channel_goes_to_the_owner_of_its_slot(self) -> None:
        network = network_of()

        assert network.routers[TWO].put(put(), network.now_ms)
        network.settle()

        ((node, frame),) = network.posts[ONE]
        assert (node, frame.channel, frame.origin, frame.payload) == (TWO, "room", TWO, b"hello")

    def test_the_owner_itself_keeps_it(self) -> None:
        network = network_of()

        assert network.routers[ONE].put(put(), network.now_ms)
        network.collect(ONE)

        assert network.posts[ONE] == [(ONE, put())]

    def test_it_waits_for_a_serving_owner_and_then_arrives(self) -> None:
        network = network_of()
        network.serve(ONE, until_ms=0)
        assert network.routers[ONE].put(put(), network.now_ms)

        network.serve(ONE)

        assert network.posts[ONE] == [(ONE, put())]

    def test_a_message_nobody_can_keep_is_refused_and_counted(self) -> None:
        network = Network(1, RoutingConfig(parked_bytes=10))

        assert not network.routers[ONE].put(put(), network.now_ms)
        assert network.routers[ONE].counters["parking_full"] == 1

    def test_a_full_way_refuses(self) -> None:
        network = network_of(config=RoutingConfig(peer_bytes=60))
        router = network.routers[TWO]
        assert router.put(put(), network.now_ms)

        assert not router.put(put(payload=b"x" * 60), network.now_ms)
        assert router.counters["channel_unreachable"] == 1

    def test_after_too_many_hops_it_is_dropped(self) -> None:
        network = network_of()

        assert not network.routers[TWO].put(put(hops=QUIET.max_hops), network.now_ms)

    def test_what_waited_too_long_is_dropped_without_a_notice(self) -> None:
        network = network_of()
        network.serve(ONE, until_ms=0)
        network.join(TWO, "group")
        network.routers[ONE].put(put(), network.now_ms)

        network.pass_time(QUIET.parked_ms + 500)

        assert network.routers[ONE].counters["parked_too_long"] == 1
        assert not any(network.gaps.values())


def test_a_peer_whose_outbox_only_grows_is_cut_off() -> None:
    network = network_of(config=RoutingConfig(gap_margin_ms=0, peer_bytes=100))
    router = network.routers[TWO]

    for number in range(60):
        network.join(TWO, f"group.{number}")
    router.flush()
    effects = router.take()

    assert effects.resets == [ONE]
    assert router.counters["hard_limit"] == 1


def test_a_table_of_nobody_has_no_owner() -> None:
    network = Network(1)
    network.view(SlotTable())

    assert network.routers[ONE].owner(5) == NO_NODE
