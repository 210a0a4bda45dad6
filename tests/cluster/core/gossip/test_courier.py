import msgspec

from apps.cluster.core.gossip import Alive, Dead, Left, Meta, Ping, Rumours, Status, Suspect
from apps.cluster.core.gossip.courier import HEAD_BYTES, Numbers
from apps.cluster.core.gossip.messages import SEQ_MAX
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import ME, Parts, address_of, peer

TWO = NodeId(2)


class TestNumbers:
    def test_they_differ(self) -> None:
        numbers = Numbers()

        assert [numbers.give() for _ in range(3)] == [1, 2, 3]

    def test_one_that_was_not_given_is_known_as_such(self) -> None:
        numbers = Numbers()
        numbers.give()

        assert (numbers.was_given(1), numbers.was_given(2)) == (True, False)

    def test_they_start_over(self) -> None:
        numbers = Numbers()
        numbers._last = SEQ_MAX

        assert numbers.give() == 1
        assert numbers.was_given(SEQ_MAX)


def test_without_news_there_is_nothing_to_load() -> None:
    assert Parts(peer(2)).courier.load(TWO) == ()


def test_the_receiver_first_reads_what_it_has_to_refute() -> None:
    parts = Parts(peer(2, Status.SUSPECT), peer(3))

    parts.beliefs.hear(Left(NodeId(3), 10), 0)

    assert parts.courier.load(TWO) == (Suspect(TWO, 10, ME), Left(NodeId(3), 10))


def test_a_datagram_is_never_too_long() -> None:
    parts = Parts(peer(2, Status.DEAD))
    for node in range(3, 200):
        parts.beliefs.hear(Alive(NodeId(node << 50), address_of(node), 1 << 60, Meta(f"n{node}" * 9)), 0)

    load = parts.courier.load(TWO, taken_bytes=100)

    size_bytes = len(msgspec.msgpack.encode(Ping(SEQ_MAX, NodeId(1 << 62), False, load)))
    assert load[0] == Dead(TWO, 10, ME)
    assert parts.config.packet_bytes - 400 < size_bytes + 100 <= parts.config.packet_bytes


def test_the_head_of_a_datagram_has_its_room() -> None:
    longest = Ping(SEQ_MAX, NodeId((1 << 63) - 1), False, (Left(NodeId(1), 1),) * 127)

    news_bytes = 127 * len(msgspec.msgpack.encode(Left(NodeId(1), 1)))

    assert len(msgspec.msgpack.encode(longest)) - news_bytes <= HEAD_BYTES


def test_a_question_carries_news() -> None:
    parts = Parts(peer(2), peer(3))
    parts.beliefs.hear(Left(NodeId(3), 10), 0)

    parts.courier.ping(TWO, address_of(2), 7)

    assert parts.effects.datagrams == [(address_of(2), Ping(7, TWO, False, (Left(NodeId(3), 10),)))]


def test_nothing_is_sent_where_there_are_no_news() -> None:
    parts = Parts(peer(2))

    parts.courier.spread(TWO, address_of(2))
    parts.beliefs.hear(Left(NodeId(2), 10), 0)
    parts.courier.spread(TWO, address_of(2))

    assert parts.effects.datagrams == [(address_of(2), Rumours((Left(TWO, 10),)))]
