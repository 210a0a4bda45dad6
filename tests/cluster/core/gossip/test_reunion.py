from collections import Counter
from itertools import pairwise

from apps.cluster.core.gossip import Address, Dead, GossipConfig, Peer, Ping, Status
from apps.cluster.core.gossip.reunion import SEEDS_MAX, Reunion
from apps.cluster.core.gossip.roster import FAR_MS
from apps.cluster.core.gossip.syncing import Syncing
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, ME, Parts, address_of, peer

SEED: Address = ("seed", 8002)


class Searching(Parts):
    """Node 1 and what it does to find others."""

    def __init__(self, *peers: Peer, config: GossipConfig = CONFIG) -> None:
        super().__init__(*peers, config=config)
        syncing = Syncing(config, self.roster, self.beliefs, self.effects, self.rejected, self.numbers, self.rng, 0)
        self.reunion = Reunion(config, self.roster, self.courier, syncing, self.rng, 0)

    def asked(self) -> list[Address]:
        addresses = [address for address, _ in self.effects.streams]
        self.effects.streams.clear()
        return addresses

    def run(self, duration_ms: int) -> list[int]:
        """Tick whenever it is wanted; returns when something was asked over a stream."""
        times_ms = []
        while (now_ms := self.reunion.next_deadline_ms) <= duration_ms:
            self.reunion.tick(now_ms)
            times_ms += [now_ms] * len(self.asked())
        return times_ms


def test_without_anything_to_look_for_it_rests() -> None:
    assert Searching(peer(2)).reunion.next_deadline_ms == FAR_MS


class TestSeeds:
    def test_they_are_asked_at_once(self) -> None:
        searching = Searching()

        searching.reunion.join([SEED, address_of(1)], 0)

        assert searching.asked() == [SEED]

    def test_they_are_asked_again_ever_less_often(self) -> None:
        searching = Searching()
        searching.reunion.join([SEED], 0)
        searching.asked()

        times_ms = searching.run(40_000)

        waits_ms = [later_ms - sooner_ms for sooner_ms, later_ms in pairwise(times_ms)]
        assert times_ms[0] <= 1_250
        assert waits_ms[0] <= 2_500
        assert all(3_750 <= wait_ms <= 6_250 for wait_ms in waits_ms[3:])

    def test_one_that_knows_others_asks_more_rarely_still(self) -> None:
        searching = Searching(peer(2))
        searching.reunion.join([SEED], 0)

        assert len(searching.run(600_000)) < 20

    def test_one_that_has_answered_is_left_alone(self) -> None:
        searching = Searching(peer(2))
        searching.reunion.join([SEED], 0)
        searching.asked()

        searching.reunion.answered(SEED, NodeId(2))
        searching.reunion.answered(("else", 1), NodeId(2))

        assert searching.run(600_000) == []

    def test_one_that_is_gone_is_asked_for_again(self) -> None:
        searching = Searching(peer(2))
        searching.reunion.join([SEED], 0)
        searching.asked()
        searching.reunion.answered(SEED, NodeId(2))

        searching.roster.put(peer(2, Status.LEFT, incarnation=11))

        assert searching.run(5_000) != []

    def test_this_node_by_another_name_is_left_alone(self) -> None:
        searching = Searching()
        searching.reunion.join([SEED], 0)
        searching.asked()

        searching.reunion.answered(SEED, ME)

        assert searching.run(600_000) == []

    def test_there_are_only_so_many(self) -> None:
        searching = Searching()

        searching.reunion.join([(f"s{number}", 1) for number in range(SEEDS_MAX + 5)], 0)

        assert len(searching.asked()) == SEEDS_MAX


class TestCalls:
    def calls(self, living: int, fallen: int, duration_ms: int) -> Counter[Address]:
        peers = [peer(node) for node in range(2, 2 + living)]
        dead = [peer(node, Status.DEAD) for node in range(100, 100 + fallen)]
        searching = Searching(*peers, *dead)
        searching.run(duration_ms)
        return Counter(address for address, _ in searching.effects.datagrams)

    def test_the_dead_are_called_with_what_they_have_to_refute(self) -> None:
        searching = Searching(peer(2, Status.DEAD))

        searching.reunion.tick(0)

        assert searching.effects.datagrams == [(address_of(2), Ping(0, NodeId(2), False, (Dead(NodeId(2), 10, ME),)))]
        assert searching.reunion.next_deadline_ms == CONFIG.reconnect_ms

    def test_many_share_the_work_of_calling_few(self) -> None:
        calls = self.calls(living=9, fallen=1, duration_ms=900_000)

        assert 70 < calls.total() < 130

    def test_few_call_many_at_their_own_pace(self) -> None:
        calls = self.calls(living=0, fallen=9, duration_ms=90_000)

        assert calls.total() == 91
        assert len(calls) == 9

    def test_who_said_goodbye_is_not_called(self) -> None:
        assert Searching(peer(2, Status.LEFT)).reunion.next_deadline_ms == FAR_MS
