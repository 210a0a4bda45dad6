import random
from itertools import islice

from apps.cluster.core.gossip.chance import Pool, Ring
from apps.cluster.core.ids import NodeId


def pool_of(*nodes: int) -> Pool:
    pool = Pool()
    for node in nodes:
        pool.add(NodeId(node))
    return pool


class TestPool:
    def test_a_node_is_in_it_once(self) -> None:
        pool = pool_of(1, 2, 2)

        assert (len(pool), list(pool), 2 in pool, 3 in pool) == (2, [1, 2], True, False)

    def test_any_node_can_be_taken_out(self) -> None:
        pool = pool_of(1, 2, 3)

        for node in (1, 3, 9):
            pool.discard(NodeId(node))

        assert list(pool) == [2]

    def test_everybody_is_drawn_once(self) -> None:
        pool = pool_of(*range(50))

        drawn = list(pool.draw(random.Random(3)))

        assert sorted(drawn) == list(range(50))
        assert drawn != list(range(50))

    def test_the_same_seed_draws_the_same(self) -> None:
        draws = [list(islice(pool_of(*range(50)).draw(random.Random(3)), 3)) for _ in range(2)]

        assert draws[0] == draws[1]

    def test_it_stays_in_order_after_drawing(self) -> None:
        pool = pool_of(*range(9))

        list(islice(pool.draw(random.Random(5)), 4))
        for node in range(8):
            pool.discard(NodeId(node))

        assert list(pool) == [8]

    def test_everybody_is_drawn_first_about_as_often(self) -> None:
        pool, rng = pool_of(*range(10)), random.Random(1)

        firsts = [next(pool.draw(rng)) for _ in range(10_000)]

        assert all(800 < firsts.count(NodeId(node)) < 1_200 for node in range(10))


class TestRing:
    def ring_of(self, pool: Pool) -> Ring:
        return Ring(pool, random.Random(2))

    def test_nobody_has_a_turn_where_nobody_is(self) -> None:
        assert self.ring_of(Pool()).turn() is None

    def test_everybody_has_a_turn_before_anybody_has_a_second(self) -> None:
        ring = self.ring_of(pool_of(*range(20)))

        rounds = [[ring.turn() for _ in range(20)] for _ in range(2)]

        assert sorted(map(str, rounds[0])) == sorted(map(str, rounds[1])) == sorted(map(str, range(20)))
        assert rounds[0] != rounds[1]

    def test_who_comes_later_has_a_turn_in_the_same_round(self) -> None:
        pool = pool_of(1, 2, 3)
        ring = self.ring_of(pool)
        first = ring.turn()

        pool.add(NodeId(4))
        ring.insert(NodeId(4))
        ring.insert(NodeId(4))

        rest = [ring.turn() for _ in range(3)]
        assert sorted([first, *rest], key=str) == [1, 2, 3, 4]

    def test_who_is_gone_is_passed_over(self) -> None:
        pool = pool_of(1, 2, 3)
        ring = self.ring_of(pool)
        ring.turn()

        pool.discard(NodeId(2))

        assert 2 not in [ring.turn() for _ in range(6)]

    def test_the_last_one_gone_ends_it(self) -> None:
        pool = pool_of(1)
        ring = self.ring_of(pool)
        ring.turn()

        pool.discard(NodeId(1))

        assert ring.turn() is None
