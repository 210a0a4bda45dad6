import random

from apps.cluster.core.gossip import Dead, Status, Suspect
from apps.cluster.core.gossip.digest import Digest
from apps.cluster.core.gossip.roster import FAR_MS, Roster
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import ME, peer

KEEP_MS = 1_000


def roster_of(*statuses: Status, peers_max: int = 100) -> Roster:
    """A roster of node 1 and further nodes with these statuses, since as many milliseconds as their number."""
    roster = Roster(ME, peers_max, KEEP_MS, random.Random(1))
    roster.put(peer(1))
    for node, status in enumerate(statuses, start=2):
        roster.put(peer(node, status, since_ms=node))
    return roster


ALL = roster_of(*Status)
"""Node 2 lives, 3 is suspected, 4 is dead, 5 has left."""


def test_everybody_is_sorted_by_whether_it_lives() -> None:
    assert (sorted(ALL.living), list(ALL.fallen), ALL.count, ALL.me) == ([2, 3], [4], 3, peer(1))


def test_the_living_take_their_turns() -> None:
    assert sorted(str(ALL.ring.turn()) for _ in range(4)) == ["2", "2", "3", "3"]


def test_one_that_comes_back_is_no_longer_among_the_dead() -> None:
    roster = roster_of(Status.DEAD)

    roster.put(peer(2, incarnation=11))

    assert (list(roster.living), list(roster.fallen), roster.next_deadline_ms) == ([2], [], FAR_MS)


def test_one_that_was_dead_and_then_said_goodbye_is_not_called() -> None:
    roster = roster_of(Status.DEAD)

    roster.put(peer(2, Status.LEFT, since_ms=500))

    assert (list(roster.fallen), roster.next_deadline_ms) == ([], 500 + KEEP_MS)


def test_the_digest_follows() -> None:
    roster = roster_of(Status.ALIVE)

    roster.put(peer(2, incarnation=11))

    fresh = Digest()
    for known in (peer(1), peer(2, incarnation=11)):
        fresh.turn(known)
    assert roster.digest.pack() == fresh.pack()


def test_the_dead_are_forgotten_in_time_but_not_their_incarnation() -> None:
    roster = roster_of(Status.DEAD, Status.LEFT, Status.ALIVE)

    roster.forget(2 + KEEP_MS)
    first = sorted(roster.peers)
    roster.forget(FAR_MS - 1)

    assert (first, sorted(roster.peers)) == ([1, 3, 4], [1, 4])
    assert [roster.grave_of(NodeId(node)) for node in (2, 3, 4, 9)] == [10, 10, -1, -1]


def test_graves_are_those_of_who_does_not_live() -> None:
    assert [ALL.grave_of(NodeId(node)) for node in (2, 3, 4, 5)] == [-1, -1, 10, 10]


def test_a_forgotten_one_that_comes_back_has_no_grave() -> None:
    roster = roster_of(Status.DEAD)
    roster.forget(FAR_MS - 1)

    roster.put(peer(2, incarnation=11))

    assert roster.grave_of(NodeId(2)) == -1


def test_the_longest_dead_makes_room() -> None:
    roster = roster_of(Status.ALIVE, Status.DEAD, Status.DEAD, peers_max=4)

    assert roster.has_room()
    assert sorted(roster.peers) == [1, 2, 4]


def test_where_nobody_is_dead_there_is_no_room() -> None:
    assert not roster_of(Status.ALIVE, Status.SUSPECT, peers_max=3).has_room()


def test_a_suspect_that_is_dropped_leaves_no_grave() -> None:
    roster = roster_of(Status.SUSPECT)

    dropped = roster.drop(NodeId(2))

    assert (dropped, roster.count, roster.grave_of(NodeId(2))) == (peer(2, Status.SUSPECT, since_ms=2), 1, -1)


def test_the_forgotten_are_bounded() -> None:
    roster = roster_of(peers_max=2)

    for node in (2, 3, 4):
        roster.put(peer(node, Status.DEAD))
        roster.drop(NodeId(node))

    assert [roster.grave_of(NodeId(node)) for node in (2, 3, 4)] == [-1, 10, 10]


def test_an_accusation_says_what_there_is_to_refute() -> None:
    roster = roster_of(*Status, Status.DEAD)
    roster.drop(NodeId(6))

    accusations = [roster.accusation(NodeId(node)) for node in range(2, 8)]

    assert accusations == [
        None,
        Suspect(NodeId(3), 10, ME),
        Dead(NodeId(4), 10, ME),
        None,
        Dead(NodeId(6), 10, ME),
        None,
    ]


def test_a_part_holds_those_of_its_buckets() -> None:
    assert [known.node for known in ALL.part(frozenset({1, 4}))] == [1, 4]
