import pytest

from apps.cluster.core.gossip import GossipConfig
from apps.cluster.core.gossip.roster import FAR_MS
from apps.cluster.core.gossip.suspicion import SLACK, Suspicion, Suspicions
from apps.cluster.core.ids import NodeId

CONFIG = GossipConfig()
A, B, C, D, E = (NodeId(node) for node in range(1, 6))


class TestOne:
    def test_more_accusers_leave_less_time(self) -> None:
        suspicion = Suspicion(A, CONFIG, 10, 100)

        deadlines_ms = [suspicion.deadline_ms]
        for accuser in (B, C):
            assert suspicion.confirm(accuser)
            deadlines_ms.append(suspicion.deadline_ms)

        assert deadlines_ms == [24_100, pytest.approx(11_481, abs=1), 4_100]

    def test_an_accuser_counts_once(self) -> None:
        suspicion = Suspicion(A, CONFIG, 10, 0)

        assert not suspicion.confirm(A)
        assert suspicion.deadline_ms == 24_000

    def test_more_than_enough_do_not_count(self) -> None:
        suspicion = Suspicion(A, CONFIG, 10, 0)
        suspicion.confirm(B)
        suspicion.confirm(C)

        assert not suspicion.confirm(D)

    def test_where_nobody_can_confirm_the_time_is_short_at_once(self) -> None:
        suspicion = Suspicion(A, CONFIG, 3, 0)

        assert suspicion.deadline_ms == 4_000
        assert not suspicion.confirm(B)


class TestAll:
    def test_nobody_suspected_is_nothing_to_wait_for(self) -> None:
        suspicions = Suspicions(CONFIG)

        assert (len(suspicions), suspicions.next_deadline_ms, suspicions.expire(FAR_MS)) == (0, FAR_MS, [])

    def test_time_is_up_in_order(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 3, 500)
        suspicions.start(E, A, 3, 0)

        expired = [suspicions.expire(now_ms) for now_ms in (3_999, 4_000, 4_500)]

        assert expired == [[], [E], [D]]

    def test_a_confirmation_brings_the_time_forward(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 10, 0)

        heard = [suspicions.confirm(D, accuser) for accuser in (A, B, C)]

        assert heard == [False, True, True]
        assert suspicions.next_deadline_ms == 4_000
        assert suspicions.expire(4_000) == [D]

    def test_a_refuted_suspicion_never_expires(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 3, 0)

        suspicions.end(D)
        suspicions.end(E)

        assert suspicions.expire(10_000) == []

    def test_a_new_suspicion_is_not_ended_by_the_deadline_of_an_old_one(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 3, 0)
        suspicions.end(D)

        suspicions.start(D, A, 3, 3_000)

        assert suspicions.expire(4_000) == []
        assert suspicions.expire(7_000) == [D]

    def test_postponed_suspicions_expire_later(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 3, 0)

        suspicions.postpone(2_000)

        assert suspicions.expire(5_999) == []
        assert suspicions.expire(6_000) == [D]

    def test_ended_ones_do_not_pile_up(self) -> None:
        suspicions = Suspicions(CONFIG)

        for now_ms in range(10 * SLACK):
            suspicions.start(D, A, 3, now_ms)
            suspicions.end(D)

        assert len(suspicions._heap) <= SLACK + 2

    def test_a_suspicion_starts_once(self) -> None:
        suspicions = Suspicions(CONFIG)
        suspicions.start(D, A, 3, 0)

        with pytest.raises(AssertionError):
            suspicions.start(D, B, 3, 0)
