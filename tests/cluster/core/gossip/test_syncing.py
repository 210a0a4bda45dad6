import pytest
from msgspec.structs import replace

from apps.cluster.core.gossip import (
    Alive,
    Dead,
    GossipConfig,
    Left,
    Meta,
    Peer,
    Status,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
)
from apps.cluster.core.gossip.messages import BUCKETS, DIGEST_BYTES, GossipMessage
from apps.cluster.core.gossip.syncing import ASKED_MAX, Syncing, records_of
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, ME, Parts, address_of, peer

TWO = NodeId(2)
HOME = address_of(2)
NOTHING = bytes(DIGEST_BYTES)


class Side(Parts):
    """Node 1 with what it knows, and its exchange with node 2."""

    def __init__(self, *peers: Peer, config: GossipConfig = CONFIG) -> None:
        super().__init__(*peers, config=config)
        self.syncing = Syncing(
            config, self.roster, self.beliefs, self.effects, self.rejected, self.numbers, self.rng, 0
        )

    def sent(self) -> list[GossipMessage]:
        messages = [message for _, message in self.effects.streams]
        self.effects.streams.clear()
        return messages

    def asked_by_two(self, digest: bytes = NOTHING, meta: Meta | None = None) -> None:
        origin = Alive(TWO, HOME, 10, meta or Meta("n2"))
        self.syncing.hear_request(TWO, HOME, SyncRequest(5, origin, digest), 0)


def words(known: Peer) -> Alive:
    return Alive(known.node, known.address, known.incarnation, known.meta)


class TestAsking:
    def test_it_compares_with_one_that_lives_when_it_is_time(self) -> None:
        side = Side(peer(2), peer(3, Status.SUSPECT), peer(4, Status.DEAD))
        first_ms = side.syncing.next_deadline_ms

        side.syncing.tick(first_ms - 1)
        early = list(side.effects.streams)
        side.syncing.tick(first_ms)

        assert early == []
        assert side.effects.streams == [(HOME, SyncRequest(1, words(peer(1)), side.roster.digest.pack()))]
        assert side.syncing.next_deadline_ms == first_ms + CONFIG.push_pull_ms

    def test_alone_it_has_nobody_to_compare_with(self) -> None:
        side = Side()

        side.syncing.tick(side.syncing.next_deadline_ms)

        assert side.sent() == []

    def test_wishes_are_granted_now_and_then(self) -> None:
        side = Side()

        for now_ms in (0, 999, 1_000):
            side.syncing.wish(HOME, now_ms)

        assert len(side.sent()) == 2

    def test_only_so_many_answers_are_waited_for(self) -> None:
        side = Side()

        for _ in range(ASKED_MAX + 1):
            side.syncing.request(HOME)

        assert [side.syncing.asked(seq) for seq in (1, 2, 2)] == [None, HOME, None]


class TestAnswering:
    def test_who_knows_the_same_hears_nothing(self) -> None:
        side = Side(peer(2))

        side.asked_by_two(side.roster.digest.pack())

        assert side.sent() == [SyncReply(5, (), (), False)]

    def test_what_differs_is_told(self) -> None:
        side = Side(peer(2), peer(3), peer(4, Status.SUSPECT))
        digest = side.roster.digest.pack()
        side.roster.put(peer(3, incarnation=11))
        side.roster.put(peer(3 + BUCKETS, Status.DEAD))
        side.roster.put(peer(3 + 2 * BUCKETS, Status.LEFT))

        side.asked_by_two(digest)

        dead, left = Dead(NodeId(3 + BUCKETS), 10, ME), Left(NodeId(3 + 2 * BUCKETS), 10)
        assert side.sent() == [SyncReply(5, (3,), (words(peer(3, incarnation=11)), dead, left), False)]

    def test_one_that_joins_becomes_known_and_learns_everything(self) -> None:
        side = Side(peer(3))

        side.asked_by_two()

        (reply,) = side.sent()
        assert isinstance(reply, SyncReply)
        assert set(reply.records) == {words(peer(1)), words(peer(2)), words(peer(3))}
        assert side.status(2) is Status.ALIVE
        assert len(side.beliefs.queue) == 1

    def test_one_believed_dead_is_told_so(self) -> None:
        side = Side(peer(2, Status.DEAD))

        side.asked_by_two()

        (reply,) = side.sent()
        assert isinstance(reply, SyncReply)
        assert reply.records[0] == Dead(TWO, 10, ME)

    def test_what_does_not_fit_is_announced(self) -> None:
        side = Side(*(peer(node) for node in range(2, 60)), config=GossipConfig(sync_bytes=1_000))

        side.asked_by_two()

        (reply,) = side.sent()
        assert isinstance(reply, SyncReply)
        assert reply.more
        assert 10 < len(reply.records) < 60

    def test_another_cluster_hears_nothing(self) -> None:
        side = Side()
        side.beliefs.say(Meta("n1", "a"))

        side.asked_by_two(meta=Meta("n2", "b"))

        assert (side.sent(), side.rejected) == ([], {"wrong_cluster": 1})

    def test_nobody_speaks_for_another(self) -> None:
        side = Side()

        side.syncing.hear_request(TWO, HOME, SyncRequest(5, words(peer(3)), NOTHING), 0)

        assert (side.sent(), side.rejected, len(side.roster.peers)) == ([], {"forged": 1}, 1)


class TestLearning:
    def reply(self, *records: Alive | Suspect | Dead | Left, more: bool = False) -> SyncReply:
        return SyncReply(1, tuple(range(BUCKETS)), records, more)

    def test_the_first_answer_is_believed_quietly(self) -> None:
        side = Side()

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(1)), words(peer(2)), words(peer(3))), 0)

        assert side.roster.count == 3
        assert (len(side.beliefs.queue), side.sent()) == (0, [])

    def test_whole_nodes_it_had_missed_are_passed_on_and_call_for_more(self) -> None:
        side = Side(peer(2))

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), words(peer(3))), 100)

        assert len(side.beliefs.queue) == 1
        assert 100 + CONFIG.sync_least_ms <= side.syncing.next_deadline_ms <= 100 + 2 * CONFIG.sync_least_ms

    def test_newer_words_of_known_nodes_do_not(self) -> None:
        side = Side(peer(2), peer(3))
        before_ms = side.syncing.next_deadline_ms

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), words(peer(3, incarnation=12))), 100)

        assert side.roster.peers[NodeId(3)].incarnation == 12
        assert side.syncing.next_deadline_ms == before_ms

    def test_whom_the_other_takes_for_dead_is_only_suspected(self) -> None:
        side = Side(peer(2), peer(3))

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), Dead(NodeId(3), 10, TWO)), 0)

        assert side.status(3) is Status.SUSPECT

    @pytest.mark.parametrize(
        ("mine", "theirs", "pushed"),
        [
            (peer(3), (), True),
            (peer(3), (words(peer(3, incarnation=9)),), True),
            (peer(3), (words(peer(3)),), False),
            (peer(3, Status.DEAD), (words(peer(3)),), True),
            (peer(3, Status.LEFT), (words(peer(3)), Suspect(NodeId(3), 10, TWO)), True),
            (peer(3, Status.DEAD), (Dead(NodeId(3), 10, TWO),), False),
            (peer(3, Status.DEAD), (), False),
        ],
    )
    def test_what_the_other_lacks_is_pushed(self, mine: Peer, theirs: tuple[Alive, ...], pushed: bool) -> None:
        side = Side(peer(2), mine)

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), *theirs), 0)

        assert side.sent() == ([SyncPush(records_of(mine, ME))] if pushed else [])

    def test_the_rest_of_a_long_answer_is_asked_for(self) -> None:
        side = Side()

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), more=True), 0)

        assert [type(message) for message in side.sent()] == [SyncRequest]

    def test_a_long_answer_without_news_is_the_last(self) -> None:
        side = Side(peer(2))

        side.syncing.hear_reply(TWO, HOME, self.reply(words(peer(2)), more=True), 0)

        assert side.sent() == []

    def test_what_is_pushed_is_believed(self) -> None:
        side = Side(peer(2))

        side.syncing.hear_push(TWO, SyncPush((words(peer(3)),)), 0)

        assert side.status(3) is Status.ALIVE


def test_a_suspect_is_told_of_in_its_own_words_and_the_accusers() -> None:
    suspect = replace(peer(3, Status.SUSPECT), accused=12)

    assert records_of(suspect, ME) == (words(peer(3)), Suspect(NodeId(3), 12, ME))
