"""An owner sends to peers that announced a group, and to those it has not heard all of."""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.interest import Interest
from apps.cluster.core.slots import SLOTS, slot_of

ME, OTHER = NodeId(1), NodeId(2)
SLOT = slot_of("group")


def wants(interest: Interest, slot_epoch: int, group: str = "group") -> bool:
    return interest.wants(group, slot_of(group), slot_epoch)


def announced(epoch: int, *joins: str, complete: bool = True) -> Interest:
    interest = Interest()
    interest.announce(joins, (), epoch, complete=complete)
    return interest


def test_a_peer_that_said_nothing_yet_gets_everything() -> None:
    assert wants(Interest(), 0)


def test_a_peer_that_said_all_gets_what_it_asked_for() -> None:
    interest = announced(5, "group")

    assert wants(interest, 5)
    assert not wants(interest, 5, "other")


def test_a_peer_that_has_not_finished_gets_everything() -> None:
    interest = announced(5, "group", complete=False)

    assert wants(interest, 5, "other")


def test_a_slot_that_moved_since_makes_a_peer_get_everything_again() -> None:
    interest = announced(5, "group")

    assert wants(interest, 6, "other")


def test_a_group_that_was_left_is_not_sent() -> None:
    interest = announced(5, "group", "other")

    interest.announce((), ("group", "unknown"), 5, complete=False)

    assert not wants(interest, 5)
    assert wants(interest, 5, "other")


def test_older_announcements_do_not_undo_newer_ones() -> None:
    interest = announced(5, "group")

    interest.announce((), (), 3, complete=True)

    assert not wants(interest, 5, "other")


def test_slots_that_are_not_owned_are_forgotten() -> None:
    interest = announced(5, "group")

    interest.prune(ME, [OTHER] * SLOTS, 5)

    assert not wants(interest, 5)


def test_slots_that_are_owned_are_kept() -> None:
    interest = announced(5, "group")

    interest.prune(ME, [ME] * SLOTS, 6)

    assert wants(interest, 5)


def test_what_a_peer_that_is_ahead_has_announced_is_kept() -> None:
    interest = announced(7, "group")

    interest.prune(ME, [OTHER] * SLOTS, 6)

    assert wants(interest, 7)


def test_a_peer_stays_ahead_whatever_it_says_by_an_older_table() -> None:
    interest = announced(7, "group")
    interest.announce(("other",), (), 3, complete=False)

    interest.prune(ME, [OTHER] * SLOTS, 6)

    assert wants(interest, 7)
    assert wants(interest, 7, "other")


def test_a_peer_that_is_ahead_need_not_have_said_all() -> None:
    interest = announced(5)
    interest.announce(("group",), (), 7, complete=False)

    interest.prune(ME, [OTHER] * SLOTS, 6)

    assert wants(interest, 5)


def test_slots_without_groups_are_not_kept_for_ever() -> None:
    interest = announced(5, "group", "other")
    interest.announce((), ("group",), 5, complete=False)

    interest.prune(ME, [ME] * SLOTS, 5)

    assert list(interest._slots) == [slot_of("other")]


def test_a_prune_spares_the_slots_that_stay() -> None:
    interest = announced(5, "group", "other")
    owners = [OTHER] * SLOTS
    owners[slot_of("group")] = ME

    interest.prune(ME, owners, 5)

    assert wants(interest, 5)
    assert not wants(interest, 5, "other")
