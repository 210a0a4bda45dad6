from apps.cluster.core.gossip import Ack, Left, Nack, Ping, PingRequest
from apps.cluster.core.gossip.relays import RELAYS_MAX, Relays
from apps.cluster.core.gossip.roster import FAR_MS
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, Parts, address_of, peer

ASKER, TARGET = NodeId(2), NodeId(3)
ORIGIN = address_of(2)
REQUEST = PingRequest(77, TARGET, address_of(3), ())


class Relaying(Parts):
    """Node 1, asked by node 2 at 1,000 ms to ask node 3."""

    def __init__(self) -> None:
        super().__init__(peer(2), peer(3))
        self.relays = Relays(CONFIG, self.courier, self.effects, self.numbers)
        self.accepted = self.relays.ask(ASKER, ORIGIN, REQUEST, 1_000)
        self.question, self.effects.datagrams = self.effects.datagrams, []


def test_it_asks_with_a_number_of_its_own() -> None:
    relaying = Relaying()

    assert relaying.accepted
    assert relaying.question == [(address_of(3), Ping(1, TARGET, False, ()))]
    assert relaying.relays.next_deadline_ms == 1_400


def test_the_answer_is_passed_on_with_the_askers_number_and_news() -> None:
    relaying = Relaying()
    relaying.beliefs.hear(Left(NodeId(3), 10), 0)

    relaying.relays.hear_ack(TARGET, Ack(1, ()))
    relaying.relays.hear_ack(TARGET, Ack(1, ()))
    relaying.relays.tick(1_400)

    assert relaying.effects.datagrams == [(ORIGIN, Ack(77, (Left(NodeId(3), 10),)))]


def test_an_answer_of_somebody_else_is_not() -> None:
    relaying = Relaying()

    relaying.relays.hear_ack(ASKER, Ack(1, ()))
    relaying.relays.hear_ack(TARGET, Ack(2, ()))

    assert relaying.effects.datagrams == []


def test_silence_is_told_in_time_and_a_late_answer_still_passed_on() -> None:
    relaying = Relaying()

    relaying.relays.tick(1_399)
    early = list(relaying.effects.datagrams)
    relaying.relays.tick(1_400)
    relaying.relays.hear_ack(TARGET, Ack(1, ()))

    assert early == []
    assert relaying.effects.datagrams == [(ORIGIN, Nack(77)), (ORIGIN, Ack(77, ()))]


def test_a_question_is_forgotten_when_its_probe_is_over() -> None:
    relaying = Relaying()

    relaying.relays.tick(2_000)
    relaying.effects.datagrams.clear()
    relaying.relays.hear_ack(TARGET, Ack(1, ()))

    assert relaying.effects.datagrams == []
    assert relaying.relays.next_deadline_ms == FAR_MS


def test_too_many_questions_are_refused() -> None:
    relaying = Relaying()

    accepted = [relaying.relays.ask(ASKER, ORIGIN, REQUEST, 1_000) for _ in range(RELAYS_MAX)]

    assert accepted == [True] * (RELAYS_MAX - 1) + [False]
