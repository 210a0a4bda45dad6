"""One node's beliefs: what each kind of news does to each status. How it plays out among many is in the scenarios."""

import pytest
from msgspec.structs import replace

from apps.cluster.core.gossip import Alive, Dead, GossipConfig, Left, Meta, Status, Suspect, Update
from apps.cluster.core.gossip.peers import INCARNATION_MAX
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import CONFIG, ME, Parts, address_of, peer

ALIVE, SUSPECT, DEAD, LEFT = Status
TWO, THREE, NINE = NodeId(2), NodeId(3), NodeId(9)


def alive(node: int, incarnation: int, host: str = "", meta: Meta | None = None) -> Alive:
    address = (host, 8002) if host else address_of(node)
    return Alive(NodeId(node), address, incarnation, meta or Meta(f"n{node}"))


def news_of(parts: Parts) -> list[Update]:
    """What this node would pass on now."""
    return parts.beliefs.queue.pick(1_000_000, 1)


@pytest.mark.parametrize(
    ("before", "news", "after", "spread"),
    [
        # Alive wins only with a higher incarnation.
        (ALIVE, alive(2, 10), ALIVE, False),
        (ALIVE, alive(2, 11), ALIVE, True),
        (SUSPECT, alive(2, 10), SUSPECT, False),
        (SUSPECT, alive(2, 11), ALIVE, True),
        (DEAD, alive(2, 10), DEAD, False),
        (DEAD, alive(2, 11), ALIVE, True),
        (LEFT, alive(2, 10), LEFT, False),
        (LEFT, alive(2, 11), ALIVE, True),
        # A suspicion touches who has not spoken since.
        (ALIVE, Suspect(TWO, 9, THREE), ALIVE, False),
        (ALIVE, Suspect(TWO, 10, THREE), SUSPECT, True),
        (ALIVE, Suspect(TWO, 11, THREE), SUSPECT, True),
        (DEAD, Suspect(TWO, 10, THREE), DEAD, False),
        (LEFT, Suspect(TWO, 11, THREE), LEFT, False),
        # So does the end; a goodbye is the better kind of end.
        (ALIVE, Dead(TWO, 9, THREE), ALIVE, False),
        (ALIVE, Dead(TWO, 10, THREE), DEAD, True),
        (SUSPECT, Dead(TWO, 10, THREE), DEAD, True),
        (DEAD, Dead(TWO, 12, THREE), DEAD, False),
        (LEFT, Dead(TWO, 12, THREE), LEFT, False),
        (ALIVE, Left(TWO, 9), ALIVE, False),
        (ALIVE, Left(TWO, 10), LEFT, True),
        (SUSPECT, Left(TWO, 10), LEFT, True),
        (DEAD, Left(TWO, 10), LEFT, True),
        (LEFT, Left(TWO, 10), LEFT, False),
    ],
)
def test_news_change_what_is_believed(before: Status, news: Update, after: Status, spread: bool) -> None:
    parts = Parts(*(peer(node) for node in range(3, 8)))
    parts.roster.put(peer(2))
    if before is SUSPECT:
        parts.beliefs.suspect(TWO, 10, NINE, 0)
        news_of(parts)
    else:
        parts.roster.put(peer(2, before))
    parts.effects.changes.clear()

    parts.beliefs.hear(news, 50)

    known = parts.roster.peers[TWO]
    assert known.status is after
    assert [changed.status for changed in parts.effects.changes] == ([] if before is after else [after])
    assert news_of(parts) == ([news] if spread else [])
    assert known.since_ms == (0 if before is after else 50)


def test_a_stranger_is_met() -> None:
    parts = Parts()

    parts.beliefs.hear(alive(9, 5), 70)

    assert parts.roster.peers[NINE] == replace(peer(9, since_ms=70), incarnation=5)
    assert news_of(parts) == [alive(9, 5)]


def test_what_is_heard_quietly_is_not_passed_on() -> None:
    parts = Parts()

    parts.beliefs.hear(alive(9, 5), 0, quiet=True)

    assert NINE in parts.roster.peers
    assert news_of(parts) == []


@pytest.mark.parametrize("news", [Suspect(NINE, 1, TWO), Dead(NINE, 1, TWO), Left(NINE, 1)])
def test_a_stranger_cannot_be_accused(news: Update) -> None:
    parts = Parts()

    parts.beliefs.hear(news, 0)

    assert NINE not in parts.roster.peers


def test_a_refutation_of_a_newer_suspicion_must_be_newer_still() -> None:
    parts = Parts(peer(2))
    parts.beliefs.suspect(TWO, 15, THREE, 0)

    parts.beliefs.hear(alive(2, 12, meta=Meta("renamed")), 0)
    between = (parts.status(2), parts.roster.peers[TWO].meta.name)
    parts.beliefs.hear(alive(2, 16), 0)

    assert between == (SUSPECT, "renamed")
    assert parts.status(2) is ALIVE


def test_further_accusers_are_passed_on_while_they_matter() -> None:
    parts = Parts(*(peer(node) for node in range(2, 9)))

    for accuser in (3, 3, 4, 5, 6):
        parts.beliefs.suspect(TWO, 10, NodeId(accuser), 0)

    assert news_of(parts) == [Suspect(TWO, 10, NodeId(5))]
    assert parts.beliefs.suspicions.next_deadline_ms == CONFIG.suspicion_least_ms(8)


def test_a_new_suspicion_does_not_inherit_the_time_of_one_that_was_refuted_unheard() -> None:
    parts = Parts(peer(2))
    parts.beliefs.suspect(TWO, 10, THREE, 0)

    parts.beliefs.suspect(TWO, 11, THREE, 3_900)
    parts.beliefs.expire(7_899)
    before = parts.status(2)
    parts.beliefs.expire(7_900)

    assert (before, parts.status(2)) == (SUSPECT, DEAD)
    assert parts.roster.peers[TWO].accused == 11


def test_who_does_not_refute_is_dead_in_time() -> None:
    parts = Parts(peer(2))
    parts.beliefs.suspect(TWO, 10, THREE, 0)

    parts.beliefs.expire(3_999)
    before = parts.status(2)
    parts.beliefs.expire(4_000)

    assert (before, parts.status(2)) == (SUSPECT, DEAD)
    assert news_of(parts) == [Dead(TWO, 10, ME)]


def test_a_change_of_meta_or_address_is_a_change() -> None:
    parts = Parts(peer(2), peer(3))

    parts.beliefs.hear(alive(2, 11, host="h9"), 0)
    parts.beliefs.hear(alive(3, 11, meta=Meta("n3", load=4)), 0)
    parts.beliefs.hear(alive(3, 12, meta=Meta("n3", load=4)), 0)

    assert [(changed.address[0], changed.meta.load) for changed in parts.effects.changes] == [("h9", 0), ("h3", 4)]


class TestRefused:
    def test_old_news_of_the_dead_are_counted(self) -> None:
        parts = Parts(peer(2, DEAD))

        parts.beliefs.hear(alive(2, 10), 0)

        assert parts.rejected == {"old_news": 1}

    def test_a_meta_that_is_too_long_is_not_believed(self) -> None:
        parts = Parts(peer(2))

        parts.beliefs.hear(alive(2, 11, meta=Meta("n2", roles=("r" * 100,) * 6)), 0)

        assert parts.roster.peers[TWO] == peer(2)
        assert parts.rejected == {"bad_meta": 1}

    def test_there_is_no_room_for_too_many(self) -> None:
        parts = Parts(peer(2), config=GossipConfig(peers_max=2))

        parts.beliefs.hear(alive(9, 1), 0)

        assert NINE not in parts.roster.peers
        assert parts.rejected == {"too_many_peers": 1}

    @pytest.mark.parametrize(("own", "theirs", "believed"), [("", "b", 1), ("a", "", 1), ("a", "a", 1), ("a", "b", 0)])
    def test_members_of_another_cluster_are_strangers(self, own: str, theirs: str, believed: int) -> None:
        parts = Parts()
        parts.beliefs.say(Meta("n1", own))

        parts.beliefs.hear(alive(9, 1, meta=Meta("n9", theirs)), 0)

        assert (NINE in parts.roster.peers) == bool(believed)
        assert parts.rejected["wrong_cluster"] == 1 - believed

    def test_who_turns_out_to_belong_elsewhere_is_known_no_more(self) -> None:
        parts = Parts(peer(2))
        parts.beliefs.say(Meta("n1", "a"))
        parts.effects.changes.clear()

        parts.beliefs.hear(alive(2, 11, meta=Meta("n2", "b")), 0)

        assert TWO not in parts.roster.peers
        assert [changed.status for changed in parts.effects.changes] == [LEFT]

    def test_a_node_that_joins_a_cluster_parts_from_all_others(self) -> None:
        parts = Parts(replace(peer(2), meta=Meta("n2", "b")), replace(peer(3), meta=Meta("n3", "a")), peer(4))

        parts.beliefs.say(Meta("n1", "a"))

        assert sorted(parts.roster.peers) == [1, 3, 4]

    def test_the_dead_can_refute_and_say_goodbye_but_not_accuse(self) -> None:
        parts = Parts(peer(2, DEAD), peer(3))

        accusations: list[Update] = [Suspect(THREE, 10, TWO), Dead(THREE, 10, TWO), Dead(ME, 10, TWO), alive(2, 11)]
        parts.beliefs.listen(TWO, accusations, 0)

        assert (parts.status(3), parts.roster.me.incarnation, parts.status(2)) == (ALIVE, 11, ALIVE)
        assert parts.rejected == {"accused_by_the_dead": 2}

    def test_a_stranger_may_accuse(self) -> None:
        parts = Parts(peer(3))

        parts.beliefs.listen(NINE, [Suspect(THREE, 10, NINE)], 0)

        assert parts.status(3) is SUSPECT


class TestMyself:
    @pytest.mark.parametrize("news", [Suspect(ME, 10, TWO), Dead(ME, 10, TWO), Left(ME, 10)])
    def test_an_accusation_is_refuted(self, news: Update) -> None:
        parts = Parts(peer(2))

        parts.beliefs.hear(news, 0)

        assert parts.roster.me == replace(peer(1), incarnation=11)
        assert news_of(parts) == [alive(1, 11)]
        assert parts.beliefs.awareness.score == 1

    def test_a_refuted_accusation_is_not_refuted_again(self) -> None:
        parts = Parts(peer(2))

        for news in (Suspect(ME, 9, TWO), Dead(ME, 9, TWO), Left(ME, 9), alive(1, 9)):
            parts.beliefs.hear(news, 0)

        assert parts.roster.me.incarnation == 10
        assert news_of(parts) == []

    def test_what_an_earlier_run_said_is_overruled(self) -> None:
        parts = Parts()

        parts.beliefs.hear(alive(1, 10, meta=Meta("earlier")), 0)
        parts.beliefs.hear(alive(1, 30), 0)

        assert (parts.roster.me.incarnation, parts.roster.me.meta.name) == (31, "n1")
        assert parts.beliefs.awareness.score == 0

    def test_its_own_words_are_no_news(self) -> None:
        parts = Parts()

        parts.beliefs.hear(alive(1, 10), 0)

        assert (parts.roster.me, parts.rejected, parts.beliefs.conflict) == (peer(1), {}, None)

    def test_incarnations_end_somewhere(self) -> None:
        parts = Parts(peer(2))

        parts.beliefs.hear(Dead(ME, INCARNATION_MAX, TWO), 0)
        parts.beliefs.say(Meta("other"))

        assert parts.roster.me.incarnation == INCARNATION_MAX

    def test_who_said_goodbye_answers_nothing(self) -> None:
        parts = Parts(peer(2))
        parts.beliefs.say_goodbye(90)
        farewell = news_of(parts)

        for news in (Suspect(ME, 10, TWO), Dead(ME, 12, TWO), Left(ME, 12), alive(1, 13, host="h9")):
            parts.beliefs.hear(news, 0)

        assert farewell == [Left(ME, 10)]
        assert parts.roster.me == peer(1, LEFT, since_ms=90)
        assert parts.beliefs.conflict is None


class TestTwoOfAName:
    def test_the_higher_address_wins_at_the_same_incarnation(self) -> None:
        parts = Parts(peer(2))

        parts.beliefs.hear(alive(2, 10, host="h1"), 0)
        parts.beliefs.hear(alive(2, 10, host="h3"), 0)

        assert parts.roster.peers[TWO].address[0] == "h3"
        assert parts.rejected == {"conflict": 2}

    def test_the_one_that_yields_is_silent_until_the_other_is_dead(self) -> None:
        parts = Parts(peer(2))
        parts.beliefs.hear(alive(1, 20, host="h9"), 0)
        conflict = parts.beliefs.conflict

        parts.beliefs.hear(Suspect(ME, 20, TWO), 0)
        silent = parts.roster.me.incarnation
        parts.beliefs.hear(Dead(ME, 20, TWO), 0)

        assert (conflict, silent) == (("h9", 8002), 10)
        assert (parts.roster.me.incarnation, parts.beliefs.conflict) == (21, None)

    def test_the_one_that_wins_goes_on(self) -> None:
        parts = Parts(peer(2))
        parts.beliefs.hear(alive(1, 10, host="h0"), 0)

        parts.beliefs.hear(Suspect(ME, 10, TWO), 0)

        assert parts.rejected == {"conflict": 1}
        assert parts.roster.me.incarnation == 11
