"""One node as others meet it. What many do together is in the scenarios and simulations."""

import random

import pytest

from apps.cluster.core.gossip import (
    Ack,
    Alive,
    Dead,
    Effects,
    Gossip,
    GossipConfig,
    GossipMessage,
    Left,
    Meta,
    MetaRefused,
    Nack,
    Ping,
    PingRequest,
    Rumours,
    Status,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
)
from apps.cluster.core.gossip.messages import BUCKETS, DIGEST_BYTES
from apps.cluster.core.gossip.relays import RELAYS_MAX
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, ME, address_of

TWO, THREE, NINE = NodeId(2), NodeId(3), NodeId(9)
HOME = address_of(2)


def words(node: int, incarnation: int = 10) -> Alive:
    return Alive(NodeId(node), address_of(node), incarnation, Meta(f"n{node}"))


def node_among(*others: int, config: GossipConfig = CONFIG) -> Gossip:
    """Node 1 that knows others; what it wanted so far is done."""
    gossip = Gossip(ME, address_of(1), Meta("n1"), 10, config, random.Random(1), 0)
    gossip.receive(NodeId(others[0]), address_of(others[0]), SyncPush(tuple(words(node) for node in others)), 0)
    while len(gossip._beliefs.queue):
        gossip.tick(max(gossip._gossip_ms, gossip.next_deadline_ms))
        gossip.take()
    return gossip


def sent(effects: Effects) -> list[GossipMessage]:
    return [message for _, message in effects.datagrams + effects.streams]


class TestOneself:
    def test_a_node_knows_itself(self) -> None:
        gossip = Gossip(ME, address_of(1), Meta("n1"), 10, CONFIG, random.Random(1), 5)

        me = gossip.peers[ME]

        assert (me.status, me.incarnation, me.since_ms, gossip.health, gossip.conflict) == (
            Status.ALIVE,
            10,
            5,
            0,
            None,
        )

    def test_the_peers_cannot_be_changed_from_outside_and_stay_current(self) -> None:
        gossip = node_among(2)
        peers = gossip.peers

        gossip.receive(TWO, HOME, Rumours((words(3),)), 0)

        assert THREE in peers
        with pytest.raises(TypeError):
            peers[NINE] = peers[ME]  # type: ignore[index]

    def test_too_much_to_say_is_refused(self) -> None:
        gossip = node_among(2)

        with pytest.raises(MetaRefused):
            gossip.update(Meta("n" * 65), 0)
        with pytest.raises(MetaRefused):
            Gossip(ME, address_of(1), Meta(""), 10, CONFIG, random.Random(1), 0)

    def test_the_same_again_is_no_news(self) -> None:
        gossip = node_among(2)

        gossip.update(Meta("n1"), 0)

        assert gossip.peers[ME].incarnation == 10

    def test_something_else_is(self) -> None:
        gossip = node_among(2)
        now_ms = gossip._gossip_ms

        gossip.update(Meta("n1", load=3), now_ms)
        gossip.tick(gossip.next_deadline_ms)

        told = Alive(ME, address_of(1), 11, Meta("n1", load=3))
        assert (HOME, Rumours((told,))) in gossip.take().datagrams

    def test_effects_are_taken_once(self) -> None:
        gossip = node_among(2)
        gossip.receive(TWO, HOME, Ping(1, ME, False, ()), 0)

        assert sent(gossip.take()) == [Ack(1, ())]
        assert sent(gossip.take()) == []


class TestLeaving:
    def test_the_goodbye_is_sent_at_once(self) -> None:
        gossip = node_among(2)

        gossip.leave(60_000)
        gossip.leave(60_000)

        effects = gossip.take()
        assert sent(effects) == [Rumours((Left(ME, 10),))]
        assert [peer.status for peer in effects.changes] == [Status.LEFT]

    def test_afterwards_it_asks_nobody_and_says_nothing_else(self) -> None:
        gossip = node_among(2)
        gossip.leave(60_000)
        gossip.take()

        gossip.update(Meta("other"), 60_000)
        gossip.receive(TWO, HOME, Rumours((Suspect(ME, 10, TWO),)), 60_000)
        for now_ms in range(60_000, 120_000, 200):
            gossip.tick(now_ms)

        messages = sent(gossip.take())
        assert set(messages) == {Rumours((Left(ME, 10),))}
        assert gossip.next_deadline_ms > 120_000


class TestAnswers:
    def test_a_question_is_answered_in_the_way_it_came(self) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, Ping(7, ME, False, ()), 0)
        gossip.receive(TWO, HOME, Ping(8, ME, True, ()), 0)

        effects = gossip.take()
        assert (effects.datagrams, effects.streams) == ([(HOME, Ack(7, ()))], [(HOME, Ack(8, ()))])

    def test_a_question_for_another_is_not(self) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, Ping(7, NINE, False, ()), 0)

        assert (sent(gossip.take()), gossip.rejected) == ([], {"wrong_target": 1})

    def test_it_asks_on_behalf_of_another(self) -> None:
        gossip = node_among(2, 3)

        gossip.receive(TWO, HOME, PingRequest(7, THREE, address_of(3), ()), 0)
        (asked,) = gossip.take().datagrams
        assert isinstance(asked[1], Ping)
        gossip.receive(THREE, address_of(3), Ack(asked[1].seq, ()), 0)

        assert asked[0] == address_of(3)
        assert gossip.take().datagrams == [(HOME, Ack(7, ()))]

    def test_it_asks_only_for_so_many(self) -> None:
        gossip = node_among(2, 3)

        for _ in range(RELAYS_MAX + 1):
            gossip.receive(TWO, HOME, PingRequest(7, THREE, address_of(3), ()), 0)

        assert gossip.rejected == {"too_many_relays": 1}

    def test_a_stranger_is_answered_and_asked_who_it_is(self) -> None:
        gossip = node_among(2)

        gossip.receive(NINE, address_of(9), Ping(7, ME, False, ()), 0)

        answer, question = sent(gossip.take())
        assert answer == Ack(7, ())
        assert isinstance(question, SyncRequest)

    def test_one_that_was_dead_is_asked_what_it_knows(self) -> None:
        gossip = node_among(2)
        gossip.receive(NINE, address_of(9), Rumours((Dead(TWO, 10, NINE),)), 0)
        gossip.tick(5_000)
        gossip.take()

        gossip.receive(TWO, HOME, Rumours((words(2, 11),)), 5_000)

        assert [type(message) for message in sent(gossip.take())] == [SyncRequest]

    @pytest.mark.parametrize("accusation", [Suspect(ME, 3, TWO), Dead(ME, 3, TWO), Dead(ME, 10, TWO)])
    def test_who_accuses_it_is_told_better_at_once(self, accusation: Update) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, Rumours((accusation,)), 0)

        assert gossip.take().datagrams == [(HOME, Rumours((words(1, gossip.peers[ME].incarnation),)))]

    @pytest.mark.parametrize("news", [Suspect(ME, 3, THREE), Dead(THREE, 3, TWO), Left(ME, 3), words(3)])
    def test_who_says_something_else_is_not(self, news: Update) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, Rumours((news,)), 0)

        assert gossip.take().datagrams == []

    def test_news_are_heard_on_every_datagram(self) -> None:
        carriers: list[GossipMessage] = [
            Ping(1, ME, False, (words(3),)),
            PingRequest(1, TWO, HOME, (words(4),)),
            Ack(0, (words(5),)),
            Rumours((words(6),)),
        ]
        gossip = node_among(2)

        for message in carriers:
            gossip.receive(TWO, HOME, message, 0)

        assert sorted(gossip.peers) == [1, 2, 3, 4, 5, 6]


class TestRefusals:
    @pytest.mark.parametrize(
        ("message", "reason"),
        [
            (Ack(50_000, ()), "unasked_ack"),
            (Nack(50_000), "unasked_nack"),
            (SyncReply(50_000, (), (words(9),), False), "unasked_reply"),
            (SyncRequest(1, words(9), bytes(DIGEST_BYTES)), "forged"),
        ],
    )
    def test_what_was_not_asked_for_is_counted(self, message: GossipMessage, reason: str) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, message, 0)

        assert gossip.rejected == {reason: 1}
        assert NINE not in gossip.peers

    @pytest.mark.parametrize("message", [Ack(0, ()), Ack(1, ()), Nack(1)])
    def test_what_comes_late_is_not(self, message: GossipMessage) -> None:
        gossip = node_among(2)

        gossip.tick(1_000)
        gossip.receive(TWO, HOME, message, 1_000)

        assert gossip.rejected == {}

    def test_its_own_messages_are_refused(self) -> None:
        gossip = node_among(2)

        gossip.receive(ME, address_of(1), Rumours((words(9),)), 0)
        gossip.receive(ME, address_of(1), SyncRequest(50_000, words(1), bytes(DIGEST_BYTES)), 0)

        assert gossip.rejected == {"from_myself": 2}


class TestJoining:
    def test_an_answer_makes_them_known(self) -> None:
        gossip = Gossip(ME, address_of(1), Meta("n1"), 10, CONFIG, random.Random(1), 0)
        gossip.join([("seed", 1)], 0)
        request = sent(gossip.take())[0]
        assert isinstance(request, SyncRequest)

        gossip.receive(TWO, HOME, SyncReply(request.seq, tuple(range(BUCKETS)), (words(2), words(3)), False), 5)

        assert sorted(gossip.peers) == [1, 2, 3]
        assert [peer.node for peer in gossip.take().changes] == [2, 3]

    def test_finding_itself_it_looks_no_further(self) -> None:
        gossip = Gossip(ME, address_of(1), Meta("n1"), 10, CONFIG, random.Random(1), 0)
        gossip.join([("alias", 1)], 0)
        request = sent(gossip.take())[0]

        gossip.receive(ME, ("alias", 1), request, 5)
        gossip.tick(30_000)

        assert [message for message in sent(gossip.take()) if isinstance(message, SyncRequest)] == []
        assert gossip.rejected == {}


class TestTime:
    def test_a_failed_probe_is_a_suspicion_and_later_a_death(self) -> None:
        gossip = node_among(2)
        seen = []

        while gossip.next_deadline_ms < 10_000:
            gossip.tick(gossip.next_deadline_ms)
            seen += [str(peer.status) for peer in gossip.take().changes]

        assert seen == ["suspect", "dead"]
        assert gossip.health > 0

    def test_a_node_that_was_stopped_gives_the_others_their_time_again(self) -> None:
        gossip = node_among(2)
        while gossip.peers[TWO].status is not Status.SUSPECT:
            gossip.tick(gossip.next_deadline_ms)
        health, suspected_ms = gossip.health, gossip.peers[TWO].since_ms

        gossip.tick(suspected_ms + 30_000)
        after = gossip.peers[TWO].status

        assert after is Status.SUSPECT
        assert gossip.health == health + 1

    def test_a_message_after_a_stop_is_noticed_first(self) -> None:
        gossip = node_among(2)

        gossip.receive(TWO, HOME, Ping(1, ME, False, ()), 500_000)

        assert gossip.health == 1

    def test_a_lonely_node_is_hardly_ever_awake(self) -> None:
        gossip = Gossip(ME, address_of(1), Meta("n1"), 10, CONFIG, random.Random(1), 0)
        gossip.update(Meta("n1", load=1), 0)
        ticks = 0

        while gossip.next_deadline_ms < 60_000:
            gossip.tick(gossip.next_deadline_ms)
            ticks += 1

        assert ticks <= 63

    def test_the_next_deadline_is_always_ahead_after_a_tick(self) -> None:
        gossip = node_among(2, 3, 4)

        for _ in range(2_000):
            now_ms = gossip.next_deadline_ms
            gossip.tick(now_ms)

            assert gossip.next_deadline_ms > now_ms
