"""What the router is told by control plane, links, members and the clock, and what it tells them."""

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import BatchRefused, MessageTooLong, RoutingConfig, Want
from apps.cluster.core.routing.router import GROUPS_PER_FRAME, PAYLOAD_MAX_BYTES
from apps.cluster.core.slots import SlotTable
from tests.cluster.core.routing.network import Network, assigned, everything_of, released
from tests.cluster.core.routing.test_switch import network_of

ONE, TWO, THREE = NodeId(1), NodeId(2), NodeId(3)
QUIET = RoutingConfig(gap_margin_ms=0)


class TestJoining:
    def test_a_group_of_an_own_slot_needs_no_confirmation(self) -> None:
        assert network_of().join(ONE, "group")

    def test_a_group_of_another_node_is_confirmed_when_that_knows(self) -> None:
        network = network_of()

        assert not network.join(TWO, "group")
        assert not network.join(TWO, "group")
        network.settle()

        assert network.confirmed[TWO] == ["group"]
        assert network.join(TWO, "group")

    def test_leaving_before_the_confirmation_leaves_nothing_to_confirm(self) -> None:
        network = network_of()
        network.join(TWO, "group")

        network.routers[TWO].leave("group")
        network.routers[TWO].leave("group")
        network.settle()

        assert network.confirmed[TWO] == []

    def test_a_node_that_left_is_not_told(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()

        network.routers[TWO].leave("group")
        network.settle()
        network.send(ONE, ("group",), b"hello")
        network.write(ONE)

        assert not network.links[ONE, TWO].batches

    def test_a_group_without_owner_is_confirmed_once_there_is_one(self) -> None:
        network = network_of()
        table = released(everything_of(ONE), 2, (0, 16_383))
        network.view(table)
        network.join(TWO, "group")
        network.join(THREE, "group")

        network.view(assigned(table, 3, (0, 16_383, THREE)))
        network.settle()

        assert network.confirmed[TWO] == network.confirmed[THREE] == ["group"]

    def test_a_late_confirmation_comes_with_a_notice(self) -> None:
        network = network_of(config=RoutingConfig(gap_margin_ms=0, silent_ms=1 << 40))
        joined_ms = network.now_ms
        network.join(TWO, "group")
        network.now_ms += QUIET.join_wait_ms + 1

        network.settle()
        network.pass_time(300)

        assert [(groups, since_ms) for _, groups, since_ms in network.gaps[TWO]] == [(("group",), joined_ms)]


class TestLinks:
    def test_a_link_is_missed_from_its_first_batch_back_to_when_all_was_safe(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        safe_ms = network.now_ms
        network.cut(ONE, TWO)
        network.pass_time(200)
        assert [groups for _, groups, _ in network.gaps[TWO]] == [None]
        assert network.gaps[TWO][0][2] <= safe_ms
        network.gaps.clear()

        network.connect(ONE, TWO)
        network.pass_time(300)

        assert [groups for _, groups, _ in network.gaps[TWO]] == [None]
        assert network.delivered[TWO] == []

    def test_while_a_member_cannot_be_reached_the_notice_is_repeated(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        network.cut(ONE, TWO)

        network.pass_time(16_000)

        assert len(network.gaps[TWO]) == 3

    def test_messages_for_an_owner_lost_with_its_link_are_told_to_everybody(self) -> None:
        network = network_of()
        network.join(THREE, "group")
        network.settle()
        network.pass_time(1_000)
        network.gaps.clear()
        sent_ms = network.now_ms

        network.send(TWO, ("group",), b"hello")
        network.cut(ONE, TWO)
        network.pass_time(300)

        assert network.delivered[THREE] == []
        ((told_ms, groups, since_ms),) = network.gaps[THREE]
        assert groups is None
        assert since_ms <= sent_ms <= told_ms

    def test_after_a_fresh_link_everything_is_announced_again(self) -> None:
        network = network_of()
        network.join(TWO, "group")
        network.settle()
        network.cut(ONE, TWO)
        network.connect(ONE, TWO)
        network.settle()

        network.send(ONE, ("group", "other"), b"hello")
        network.settle()

        assert network.delivered[TWO] == [(("group",), b"hello")]

    def test_a_silent_link_is_given_up(self) -> None:
        network = network_of()
        router = network.routers[ONE]

        network.now_ms += QUIET.silent_ms
        router.tick(network.now_ms)

        assert router.take().resets == [TWO, THREE]
        assert router.counters["silent"] == 2

    def test_idle_links_stay(self) -> None:
        network = network_of()

        network.pass_time(20_000)

        assert network.routers[ONE].linked() == [TWO, THREE]

    def test_what_is_no_batch_is_refused(self) -> None:
        network = network_of()

        with pytest.raises(BatchRefused):
            network.routers[ONE].receive(TWO, b"nonsense", network.now_ms)

    def test_a_peer_nobody_told_of_may_connect_and_is_forgotten_afterwards(self) -> None:
        network = network_of()
        stranger = NodeId(99)
        router = network.routers[ONE]

        router.link_up(stranger, network.now_ms)
        assert stranger in router.linked()
        router.link_down(stranger, network.now_ms)

        assert router.post(stranger, Want(1, "room")) is False


class TestViews:
    def test_a_former_member_without_link_is_missed_for_the_last_time(self) -> None:
        network = network_of()
        network.join(ONE, "group")
        network.cut(ONE, TWO)
        network.pass_time(300)
        network.gaps.clear()

        network.view(everything_of(ONE), ONE, members=(ONE, THREE))
        network.pass_time(70_000)

        assert len(network.gaps[ONE]) == 1

    def test_a_former_member_with_a_link_stays_until_that_ends(self) -> None:
        network = network_of()
        network.view(everything_of(ONE), ONE, members=(ONE, THREE))
        assert TWO in network.routers[ONE].linked()

        network.cut(ONE, TWO)

        assert TWO not in network.routers[ONE].linked()

    def test_the_same_table_again_changes_nothing(self) -> None:
        network = network_of()
        table = everything_of(ONE)
        network.view(table)
        network.settle()

        network.view(table)

        assert network.routers[TWO].flush() == []

    def test_serving_needs_both_the_table_and_the_lease(self) -> None:
        network = network_of()
        network.serve(ONE, until_ms=network.now_ms + 10)

        assert network.routers[ONE].is_serving(7, network.now_ms + 9)
        assert not network.routers[ONE].is_serving(7, network.now_ms + 10)
        assert not network.routers[TWO].is_serving(7, network.now_ms)

    def test_a_new_member_is_missed_since_the_table_was_last_known_to_be_current(self) -> None:
        network = Network(2, QUIET)
        network.view(SlotTable(), members=(ONE,))
        network.serve(ONE)
        network.pass_time(1_000)
        current_ms = network.now_ms
        network.serve(ONE, until_ms=0)
        network.pass_time(5_000)
        network.join(ONE, "group")

        network.view(everything_of(ONE))
        network.connect_all()
        network.pass_time(300)

        assert network.gaps[ONE]
        assert min(since_ms for _, _, since_ms in network.gaps[ONE]) <= current_ms


class TestBounds:
    def test_a_message_that_is_too_long_is_refused(self) -> None:
        with pytest.raises(MessageTooLong):
            network_of().routers[ONE].send(("group",), b"x" * (PAYLOAD_MAX_BYTES + 1), 0)

    def test_very_many_groups_go_in_parts(self) -> None:
        network = network_of()
        groups = tuple(f"group.{number}" for number in range(GROUPS_PER_FRAME + 1))
        for group in groups:
            network.join(TWO, group)
        network.settle()

        network.send(THREE, groups, b"hello")
        network.settle()

        assert [len(names) for names, _ in network.delivered[TWO]] == [GROUPS_PER_FRAME, 1]

    def test_there_is_no_notice_where_nobody_listens(self) -> None:
        network = network_of()

        network.cut(ONE, TWO)
        network.pass_time(1_000)

        assert not any(network.gaps.values())

    def test_frames_about_channels_are_handed_up(self) -> None:
        network = network_of()

        assert network.routers[ONE].post(TWO, Want(1, "room"))
        network.settle()

        assert network.posts[TWO] == [(ONE, Want(1, "room"))]

    def test_nothing_is_to_be_done_when_nothing_happened(self) -> None:
        router = network_of().routers[ONE]

        assert not router.has_effects
        assert router.next_deadline_ms > 0
