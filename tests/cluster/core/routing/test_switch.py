"""One message on its way: delivered, sent on, parked, or given up with a gap."""

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.config import RoutingConfig
from apps.cluster.core.routing.frames import AnyFrame, Deliver, Done, Gap, Put, Route, Taken, decode_batch
from apps.cluster.core.routing.gaps import Notice
from apps.cluster.core.routing.peer import Peer
from apps.cluster.core.routing.switch import HARD_LIMIT_FACTOR, Arrival, Delivery, Effects, Switch
from apps.cluster.core.slots import SlotTable, slot_of
from tests.cluster.core.routing.network import FOREVER_MS, assigned, everything_of

HERE, OWNER, THIRD = NodeId(1), NodeId(2), NodeId(3)
NOW_MS = 100_000
CONFIG = RoutingConfig()
MARGIN_MS = CONFIG.gap_margin_ms
MIDDLE = 8_192
LOW = next(name for name in (f"g{number}" for number in range(100)) if slot_of(name) < MIDDLE)
HIGH = next(name for name in (f"g{number}" for number in range(100)) if slot_of(name) >= MIDDLE)
TINY = RoutingConfig(peer_bytes=10)


def halves(low: NodeId, high: NodeId, epoch: int = 1) -> SlotTable:
    return assigned(SlotTable(), epoch, (0, MIDDLE - 1, low), (MIDDLE, 16_383, high))


def switch_by(table: SlotTable, config: RoutingConfig = CONFIG) -> Switch:
    switch = Switch(HERE, config)
    switch.use(table)
    switch.serving_until_ms = FOREVER_MS
    return switch


def link(switch: Switch, node: NodeId, *groups: str, up: bool = True) -> Peer:
    """A peer that has said which groups have members there, and that these are all."""
    peer = switch.peers[node] = Peer(node, switch.config, NOW_MS)
    if up:
        peer.link_up(NOW_MS)
        switch.linked.append(peer)
        peer.interest.announce(groups, (), switch.epoch, complete=True)
    return peer


def written(peer: Peer) -> list[AnyFrame]:
    batch = peer.take_batch()
    return [] if batch is None else decode_batch(batch)


def sent(*groups: str, epoch: int = 0, hops: int = 0) -> Route:
    return Route(epoch, hops, 0, groups, b"hello")


def put_frame(epoch: int = 0, hops: int = 0) -> Put:
    return Put(epoch, hops, 0, "channel", HERE, b"hello")


class TestEffects:
    def test_arrivals_are_for_groups_or_about_channels(self) -> None:
        delivery, arrival = Delivery(("room",), b"hello"), Arrival(OWNER, Taken("channel", 1))
        effects = Effects([delivery, arrival])

        assert effects.deliveries == [delivery]
        assert effects.posts == [arrival]


class TestServing:
    @pytest.mark.parametrize("groups", [(LOW,), (LOW, HIGH)])
    def test_the_owner_delivers_here_and_to_nodes_with_members_only(self, groups: tuple[str, ...]) -> None:
        switch = switch_by(everything_of(HERE))
        interested, other = link(switch, OWNER, *groups), link(switch, THIRD)
        for group in groups:
            switch.joined.add(group)

        switch.dispatch(sent(*groups), NOW_MS, NOW_MS)

        assert switch.effects.deliveries == [Delivery(groups, b"hello")]
        assert written(interested) == [Deliver(1, groups, b"hello")]
        assert written(other) == []

    @pytest.mark.parametrize("groups", [(LOW,), (LOW, HIGH)])
    def test_without_members_nothing_is_delivered(self, groups: tuple[str, ...]) -> None:
        switch = switch_by(everything_of(HERE))
        peer = link(switch, OWNER)

        switch.dispatch(sent(*groups), NOW_MS, NOW_MS)

        assert switch.effects == Effects()
        assert written(peer) == []

    def test_each_node_is_told_once_and_of_its_own_groups(self) -> None:
        switch = switch_by(everything_of(HERE))
        one, both, same = link(switch, OWNER, LOW), link(switch, THIRD, LOW, HIGH), link(switch, NodeId(4), LOW)

        switch.dispatch(sent(LOW, HIGH), NOW_MS, NOW_MS)

        assert written(one) == written(same) == [Deliver(1, (LOW,), b"hello")]
        assert written(both) == [Deliver(1, (LOW, HIGH), b"hello")]

    def test_one_group_with_members_on_several_nodes_reaches_all_of_them(self) -> None:
        switch = switch_by(everything_of(HERE))
        peers = [link(switch, OWNER, LOW), link(switch, THIRD, LOW)]

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)

        assert [written(peer) for peer in peers] == [[Deliver(1, (LOW,), b"hello")]] * 2

    def test_a_node_that_has_not_said_all_by_this_table_gets_everything(self) -> None:
        switch = switch_by(everything_of(HERE, epoch=5))
        peer = link(switch, OWNER)
        switch.use(everything_of(HERE, epoch=6))

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)

        assert written(peer) == [Deliver(6, (LOW,), b"hello")]

    def test_from_the_end_of_the_lease_on_messages_wait(self) -> None:
        switch = switch_by(everything_of(HERE))
        switch.joined.add(LOW)
        switch.serving_until_ms = NOW_MS

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)
        assert switch.effects.deliveries == []
        assert len(switch.parking) == 1

        switch.serving_until_ms = NOW_MS + 1
        switch.retry_parked(NOW_MS)
        assert switch.effects.deliveries == [Delivery((LOW,), b"hello")]

    def test_a_full_outbox_costs_the_message_and_tells_of_a_gap(self) -> None:
        switch = switch_by(everything_of(HERE), TINY)
        peer = link(switch, OWNER, LOW)

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)
        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)

        assert len(written(peer)) == 1
        assert switch.counters["peer_full"] == 1
        assert switch.lost.take() == Notice((LOW,), NOW_MS - MARGIN_MS)


class TestSendingOn:
    def test_a_message_goes_to_its_owner_with_its_age_and_may_be_lost_until_acknowledged(self) -> None:
        switch = switch_by(everything_of(OWNER))
        peer = link(switch, OWNER)

        switch.dispatch(sent(LOW, HIGH, hops=1), NOW_MS - 30, NOW_MS)

        assert written(peer) == [Route(1, 2, 30, (LOW, HIGH), b"hello")]
        assert peer.routes.since_ms() == NOW_MS

    def test_groups_of_several_owners_are_parted(self) -> None:
        switch = switch_by(halves(HERE, OWNER))
        peer = link(switch, OWNER)
        switch.joined.add(LOW)

        switch.dispatch(sent(HIGH, LOW), NOW_MS, NOW_MS)

        assert switch.effects.deliveries == [Delivery((LOW,), b"hello")]
        assert written(peer) == [Route(1, 1, 0, (HIGH,), b"hello")]

    def test_after_too_many_hops_it_is_given_up_with_a_gap(self) -> None:
        switch = switch_by(everything_of(OWNER))
        peer = link(switch, OWNER)

        switch.dispatch(sent(LOW, hops=CONFIG.max_hops), NOW_MS - 30, NOW_MS)

        assert written(peer) == []
        assert switch.counters["too_many_hops"] == 1
        assert switch.lost.take() == Notice((LOW,), NOW_MS - 30 - MARGIN_MS)

    @pytest.mark.parametrize("known", [True, False])
    def test_while_the_owner_cannot_be_reached_it_waits_with_its_age(self, known: bool) -> None:
        switch = switch_by(everything_of(OWNER))
        if known:
            link(switch, OWNER, up=False)

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)
        assert len(switch.parking) == 1

        peer = link(switch, OWNER)
        switch.retry_parked(NOW_MS + 70)
        assert written(peer) == [Route(1, 1, 70, (LOW,), b"hello")]
        assert len(switch.parking) == 0

    def test_what_was_routed_by_a_newer_table_waits_for_that_table(self) -> None:
        switch = switch_by(everything_of(OWNER))
        former, present = link(switch, OWNER), link(switch, THIRD)

        switch.dispatch(sent(LOW, epoch=2, hops=1), NOW_MS, NOW_MS)
        assert written(former) == []

        switch.use(everything_of(THIRD, epoch=2))
        switch.retry_parked(NOW_MS)
        assert written(present) == [Route(2, 2, 0, (LOW,), b"hello")]

    def test_without_room_to_wait_it_is_given_up_with_a_gap(self) -> None:
        switch = switch_by(everything_of(OWNER), RoutingConfig(parked_bytes=0))

        switch.dispatch(sent(LOW), NOW_MS, NOW_MS)

        assert switch.counters["parking_full"] == 1
        assert switch.lost.take() == Notice((LOW,), NOW_MS - MARGIN_MS)


class TestDeliver:
    def test_groups_without_members_here_are_left_out(self) -> None:
        switch = switch_by(everything_of(OWNER))
        switch.joined.add(HIGH)

        switch.deliver(link(switch, OWNER), Deliver(1, (LOW, HIGH), b"hello"))
        switch.deliver(switch.peers[OWNER], Deliver(1, (LOW,), b"nobody"))

        assert switch.effects.deliveries == [Delivery((HIGH,), b"hello")]

    def test_a_former_owner_is_not_believed_and_members_are_told(self) -> None:
        switch = switch_by(halves(OWNER, OWNER, epoch=4))
        peer = link(switch, OWNER)
        switch.use(assigned(switch.table, 5, (MIDDLE, 16_383, THIRD)))
        for group in (LOW, HIGH):
            switch.joined.add(group)

        switch.deliver(peer, Deliver(4, (LOW, HIGH), b"hello"))

        assert switch.effects.deliveries == [Delivery((LOW,), b"hello")]
        assert switch.counters["stale_epoch"] == 1
        assert switch.missed.take() == Notice((HIGH,), NOW_MS - MARGIN_MS)

    def test_an_older_table_does_not_matter_for_a_slot_that_stayed(self) -> None:
        switch = switch_by(halves(OWNER, OWNER, epoch=4))
        peer = link(switch, OWNER)
        switch.use(assigned(switch.table, 5, (MIDDLE, 16_383, THIRD)))
        switch.joined.add(LOW)

        switch.deliver(peer, Deliver(4, (LOW,), b"hello"))

        assert switch.effects.deliveries == [Delivery((LOW,), b"hello")]
        assert not switch.counters
        assert not switch.missed


class TestPut:
    def test_it_arrives_at_the_serving_owner(self) -> None:
        switch = switch_by(everything_of(HERE))

        assert switch.put(put_frame(), NOW_MS, NOW_MS)

        assert switch.effects.posts == [Arrival(HERE, put_frame())]

    def test_it_waits_for_the_lease(self) -> None:
        switch = switch_by(everything_of(HERE))
        switch.serving_until_ms = NOW_MS

        assert switch.put(put_frame(), NOW_MS, NOW_MS)
        assert switch.effects.posts == []

        switch.serving_until_ms = FOREVER_MS
        switch.retry_parked(NOW_MS)
        assert switch.effects.posts == [Arrival(HERE, put_frame())]

    def test_it_goes_to_the_owner_with_its_age_its_origin_and_its_place(self) -> None:
        switch = switch_by(everything_of(OWNER))
        peer = link(switch, OWNER)

        assert switch.put(Put(0, 0, 0, "channel", THIRD, b"hello", front=True), NOW_MS - 30, NOW_MS)

        assert written(peer) == [Put(1, 1, 30, "channel", THIRD, b"hello", front=True)]

    def test_after_too_many_hops_it_is_refused(self) -> None:
        switch = switch_by(everything_of(OWNER))
        peer = link(switch, OWNER)

        assert not switch.put(put_frame(hops=CONFIG.max_hops), NOW_MS, NOW_MS)

        assert written(peer) == []
        assert switch.counters["channel_unreachable"] == 1
        assert not switch.lost, "a gap is about groups"

    def test_a_full_outbox_refuses_it(self) -> None:
        switch = switch_by(everything_of(OWNER), TINY)
        link(switch, OWNER)

        assert switch.put(put_frame(), NOW_MS, NOW_MS)
        assert not switch.put(put_frame(), NOW_MS, NOW_MS)

        assert switch.counters["channel_unreachable"] == 1

    def test_without_room_to_wait_it_is_refused(self) -> None:
        switch = switch_by(everything_of(OWNER), RoutingConfig(parked_bytes=0))

        assert not switch.put(put_frame(), NOW_MS, NOW_MS)

        assert switch.counters["parking_full"] == 1


class TestWriting:
    def test_a_post_is_written_while_there_is_room(self) -> None:
        switch = switch_by(everything_of(OWNER), TINY)
        peer = link(switch, OWNER)

        assert switch.post(peer, Taken("channel", 1))
        assert not switch.post(peer, Taken("channel", 2))

        assert written(peer) == [Taken("channel", 1)]

    def test_what_must_not_be_dropped_goes_beyond_the_bound_and_at_last_resets_the_link(self) -> None:
        switch = switch_by(everything_of(OWNER), TINY)
        peer = link(switch, OWNER)

        while peer.outbox.waiting_bytes <= HARD_LIMIT_FACTOR * TINY.peer_bytes - 20:
            switch.push(peer, Done(1))
        assert switch.effects.resets == []

        switch.push(peer, Gap(("long enough to be over the limit",), 0))
        assert switch.effects.resets == [OWNER]
        assert switch.counters["hard_limit"] == 1
