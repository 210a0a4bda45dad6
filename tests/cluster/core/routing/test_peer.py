"""What may have been lost on a link, and when something is to be said over it."""

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import BatchRefused, RoutingConfig
from apps.cluster.core.routing.frames import Heard
from apps.cluster.core.routing.peer import Peer, Unacked

CONFIG = RoutingConfig()


def linked(now_ms: int = 1_000) -> Peer:
    peer = Peer(NodeId(2), CONFIG, now_ms)
    peer.link_up(now_ms)
    return peer


class TestUnacked:
    def test_what_waits_and_what_was_sent_may_be_lost(self) -> None:
        unacked = Unacked(10)
        unacked.note(20)
        unacked.note(30)
        unacked.sent(1, emptied=True)
        unacked.note(40)

        assert unacked.since_ms() == 20
        unacked.acked(1)
        assert unacked.since_ms() == 40

    def test_everything_that_was_acknowledged_is_safe(self) -> None:
        unacked = Unacked(10)
        unacked.note(20)
        unacked.sent(1, emptied=True)
        unacked.sent(2, emptied=True)

        unacked.acked(1)

        assert unacked.since_ms() is None

    def test_while_something_is_left_in_the_outbox_it_may_be_of_any_time(self) -> None:
        unacked = Unacked(10)
        unacked.note(20)
        unacked.sent(1, emptied=False)
        unacked.acked(1)

        assert unacked.since_ms() == 20

    def test_an_earlier_message_moves_the_time_back(self) -> None:
        unacked = Unacked(10)
        unacked.note(20)
        unacked.note(10)

        assert unacked.since_ms() == 10

    def test_beyond_the_bound_times_only_get_earlier(self) -> None:
        unacked = Unacked(1)
        for number in (1, 2):
            unacked.note(10 * number)
            unacked.sent(number, emptied=True)

        unacked.acked(1)
        assert unacked.since_ms() == 10
        unacked.acked(2)
        assert unacked.since_ms() is None


class TestPeer:
    def test_a_broken_link_tells_since_when_messages_for_owners_may_be_lost(self) -> None:
        peer = linked()
        peer.outbox.append(b"\xc0")
        peer.routes.note(1_200)
        peer.take_batch()

        assert peer.link_down(2_000) == 1_200
        assert not peer.up

    def test_after_the_acknowledgement_nothing_is_lost(self) -> None:
        peer = linked()
        peer.outbox.append(b"\xc0")
        peer.routes.note(1_200)
        peer.take_batch()

        peer.heard(Heard(1, 50, 0), 1_300)

        assert peer.link_down(2_000) is None

    def test_an_idle_link_gives_no_batches(self) -> None:
        assert linked().take_batch() is None

    def test_what_was_never_sent_cannot_be_acknowledged(self) -> None:
        with pytest.raises(BatchRefused):
            linked().heard(Heard(1, 50, 0), 1_300)

    def test_an_echo_from_the_future_is_refused(self) -> None:
        with pytest.raises(BatchRefused):
            linked().heard(Heard(0, 50, 1_301), 1_300)

    def test_the_own_time_coming_back_makes_everything_before_it_safe(self) -> None:
        peer = linked()
        peer.heard(Heard(0, 50, 1_250), 1_300)

        assert peer.safe_ms == 1_250

    def test_the_other_clock_is_sent_back(self) -> None:
        peer = linked()
        peer.heard(Heard(0, 777, 0), 1_300)

        assert peer.report(1_300) == Heard(0, 1_300, 777)

    def test_batches_with_news_are_acknowledged_soon_and_others_wait_for_the_keep_alive(self) -> None:
        peer = linked()
        peer.report(1_000)
        peer.received(1_010, news=False)

        assert peer.report(1_000 + CONFIG.ack_ms) is None
        peer.received(1_120, news=True)
        assert peer.report(1_120) == Heard(2, 1_120, 0)
        assert peer.report(1_120 + CONFIG.ack_ms) is None
        assert peer.report(1_120 + CONFIG.keepalive_ms) is not None

    def test_notices_follow_later_and_later_while_a_link_stays_down(self) -> None:
        peer = linked()
        peer.link_down(1_000)
        waits = []
        now_ms = 1_000
        for _ in range(6):
            peer.told(now_ms)
            waits.append(peer.next_gap_ms - now_ms)
            now_ms = peer.next_gap_ms

        assert waits == [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]
