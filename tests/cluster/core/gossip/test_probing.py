from apps.cluster.core.gossip import Ack, GossipConfig, Nack, Peer, Ping, PingRequest, Status
from apps.cluster.core.gossip.probing import Prober
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, Parts, address_of, peer


class Probing(Parts):
    """A prober among these peers that has just asked one of them, at 1,000 ms."""

    def __init__(self, *peers: Peer, config: GossipConfig = CONFIG) -> None:
        super().__init__(*peers, config=config)
        awareness = self.beliefs.awareness
        self.prober = Prober(config, self.roster, awareness, self.courier, self.effects, self.numbers, self.rng, 0)
        self.first_ms = self.prober.next_deadline_ms
        self.prober.tick(1_000)

    def asked(self) -> Ping:
        """The direct question."""
        message = self.effects.datagrams[0][1]
        assert isinstance(message, Ping)
        return message

    def helpers(self) -> list[NodeId]:
        """Those asked to ask."""
        nodes = {known.address: node for node, known in self.roster.peers.items()}
        return [nodes[to] for to, message in self.effects.datagrams if isinstance(message, PingRequest)]


def test_nodes_do_not_all_probe_at_once() -> None:
    assert 0 <= Probing().first_ms < 1_000


def test_alone_there_is_nobody_to_ask() -> None:
    probing = Probing()

    failed = probing.prober.tick(2_000)

    assert (failed, probing.effects.datagrams, probing.prober.next_deadline_ms) == (None, [], 3_000)


def test_a_probe_is_a_question_at_first() -> None:
    probing = Probing(peer(2))

    assert probing.effects.datagrams == [(address_of(2), Ping(1, NodeId(2), False, ()))]
    assert probing.prober.next_deadline_ms == 1_500


def test_an_answer_ends_it_and_is_good_for_the_health() -> None:
    probing = Probing(peer(2))
    probing.beliefs.awareness.worse(2)

    known = probing.prober.hear_ack(NodeId(2), Ack(1, ()))

    assert (known, probing.beliefs.awareness.score, probing.prober.next_deadline_ms) == (True, 1, 2_000)


def test_an_answer_to_another_question_or_of_another_node_does_not_count() -> None:
    probing = Probing(peer(2))

    known = [probing.prober.hear_ack(NodeId(node), Ack(seq, ())) for node, seq in ((2, 2), (3, 1))]

    assert known == [False, False]
    assert probing.prober.next_deadline_ms == 1_500


def test_without_an_answer_some_others_and_the_stream_are_tried() -> None:
    probing = Probing(*(peer(node) for node in range(2, 9)), peer(9, Status.SUSPECT))
    target = probing.asked().target

    probing.prober.tick(1_499)
    early = probing.helpers()
    probing.prober.tick(1_500)
    probing.prober.tick(1_501)

    helpers = probing.helpers()
    assert (early, len(helpers), len(set(helpers) - {target, 9})) == ([], 3, 3)
    assert probing.effects.datagrams[1][1] == PingRequest(1, target, address_of(target), ())
    assert probing.effects.streams == [(address_of(target), Ping(1, target, True, ()))]


def test_the_answer_of_one_asked_to_ask_counts() -> None:
    probing = Probing(*(peer(node) for node in range(2, 6)))
    probing.prober.tick(1_500)

    known = probing.prober.hear_ack(probing.helpers()[0], Ack(1, ()))

    assert known
    assert probing.prober.tick(2_000) is None


def test_without_any_answer_the_probe_fails_and_the_next_begins() -> None:
    probing = Probing(*(peer(node) for node in range(2, 6)))
    first = probing.asked().target
    probing.prober.tick(1_500)
    probing.effects.datagrams.clear()

    failed = probing.prober.tick(2_000)

    assert failed == peer(first)
    assert probing.asked().seq == 2


def test_a_tick_that_comes_late_still_ends_the_probe() -> None:
    probing = Probing(peer(2))

    assert probing.prober.tick(2_100) == peer(2)


def test_each_helper_that_says_nothing_is_bad_for_the_health() -> None:
    probing = Probing(*(peer(node) for node in range(2, 6)))
    probing.prober.tick(1_500)
    for helper in probing.helpers()[:2]:
        probing.prober.hear_nack(helper, Nack(1))

    probing.prober.tick(2_000)

    assert probing.beliefs.awareness.score == 1


def test_helpers_that_all_say_something_are_not() -> None:
    probing = Probing(*(peer(node) for node in range(2, 6)))
    probing.prober.tick(1_500)
    for helper in probing.helpers():
        probing.prober.hear_nack(helper, Nack(1))

    probing.prober.tick(2_000)

    assert probing.beliefs.awareness.score == 0


def test_where_nobody_can_help_the_failure_counts_itself() -> None:
    probing = Probing(peer(2))
    probing.prober.tick(1_500)

    probing.prober.tick(2_000)

    assert probing.beliefs.awareness.score == 1


def test_a_nack_out_of_place_changes_nothing() -> None:
    probing = Probing(*(peer(node) for node in range(2, 6)))
    probing.prober.hear_nack(NodeId(2), Nack(9))
    probing.prober.hear_ack(probing.asked().target, Ack(1, ()))

    probing.prober.hear_nack(NodeId(2), Nack(1))

    assert probing.prober.next_deadline_ms == 2_000


def test_a_sick_node_gives_more_time() -> None:
    probing = Probing(peer(2))
    probing.prober.hear_ack(NodeId(2), Ack(1, ()))
    probing.beliefs.awareness.worse(2)

    probing.prober.tick(2_000)

    assert probing.prober.next_deadline_ms == 3_500
    assert probing.prober.tick(4_999) is None
    assert probing.prober.tick(5_000) == peer(2)


def test_an_abandoned_probe_blames_nobody() -> None:
    probing = Probing(peer(2))

    probing.prober.abandon(9_000)
    failed = probing.prober.tick(9_000)

    assert (failed, probing.beliefs.awareness.score, len(probing.effects.datagrams)) == (None, 0, 2)
