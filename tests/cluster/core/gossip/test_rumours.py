from apps.cluster.core.gossip import Alive, Left, Meta, Suspect
from apps.cluster.core.gossip.messages import UPDATES_MAX, size_of
from apps.cluster.core.gossip.rumours import MISFITS_MAX, Queue
from apps.cluster.core.ids import NodeId

ROOMY = 100_000


def left(node: int, incarnation: int = 1) -> Left:
    return Left(NodeId(node), incarnation)


def queue_of(*nodes: int) -> Queue:
    queue = Queue()
    for node in nodes:
        queue.add(left(node))
    return queue


def test_the_newest_goes_first() -> None:
    assert queue_of(1, 2, 3).pick(ROOMY, 4) == [left(3), left(2), left(1)]


def test_what_was_sent_least_goes_first() -> None:
    queue = queue_of(1, 2)
    queue.pick(ROOMY, 4)

    queue.add(left(3))
    queue.discard(NodeId(2))

    assert queue.pick(ROOMY, 4) == [left(3), left(1)]


def test_newer_news_replace_older_ones() -> None:
    queue = queue_of(1)

    queue.add(Suspect(NodeId(1), 2, NodeId(9)))

    assert queue.pick(ROOMY, 4) == [Suspect(NodeId(1), 2, NodeId(9))]


def test_what_was_sent_often_enough_is_done() -> None:
    queue = queue_of(1)

    picked = [len(queue.pick(ROOMY, 3)) for _ in range(4)]

    assert picked == [1, 1, 1, 0]
    assert len(queue) == 0


def test_only_what_fits_is_taken_and_the_rest_waits() -> None:
    queue = queue_of(1, 2, 3)

    first = queue.pick(2 * size_of(left(1)), 4)
    second = queue.pick(1 * size_of(left(1)), 4)

    assert (first, second) == ([left(3), left(2)], [left(1)])


def test_something_long_does_not_hold_up_something_short() -> None:
    queue = queue_of(1)
    queue.add(Alive(NodeId(2), ("h" * 200, 1), 1, Meta("n2")))

    assert queue.pick(100, 4) == [left(1)]


def test_the_search_for_something_short_is_bounded() -> None:
    queue = queue_of(1)
    for node in range(2, 3 + MISFITS_MAX):
        queue.add(Alive(NodeId(node), ("h" * 200, 1), 1, Meta("n")))

    assert queue.pick(100, 4) == []


def test_a_place_is_left_for_an_accusation() -> None:
    queue = queue_of(*range(1, 2 * UPDATES_MAX))

    assert len(queue.pick(ROOMY, 4)) == UPDATES_MAX - 1


def test_everything_gets_its_turn_while_there_is_more_than_fits() -> None:
    queue = queue_of(*range(1, 31))
    room_bytes = 10 * size_of(left(1))

    sent = [news.node for _ in range(3) for news in queue.pick(room_bytes, 4)]

    assert sorted(sent) == list(range(1, 31))
