"""Who got what, and whether that was promised."""

from uuid import uuid4

from apps.loadtest import ledger
from apps.loadtest.ledger import Fault, Room, RoomReport, Taken, View, find_faults, report_room


def room_with_views(count: int, *, begun_at: int = 4) -> tuple[Room, list[View]]:
    room = Room(uuid4())
    room.begin(begun_at)
    return room, [View(room, member) for member in range(count)]


def codes(faults: list[Fault]) -> list[str]:
    return [fault.code for fault in faults]


def test_a_view_takes_each_event_once_and_in_order() -> None:
    room, (view,) = room_with_views(1)

    taken = [view.take(seq, f"m{seq}") for seq in (5, 5, 4, 7, 7, 8)]
    hole = bool(view.aside)
    filled = view.take(6, "m6")

    assert taken == [Taken.NEW, Taken.REPEATED, Taken.REPEATED, Taken.EARLY, Taken.REPEATED, Taken.EARLY]
    assert hole
    assert filled is Taken.NEW
    assert not view.aside
    assert view.have == room.head == 8


def test_a_hole_after_a_hole_stays() -> None:
    _room, (view,) = room_with_views(1)
    view.take(6, "m6")
    view.take(8, "m8")

    view.take(5, "m5")

    assert view.have == 6
    assert view.aside


def test_what_waits_is_bounded() -> None:
    _room, (view,) = room_with_views(1)

    taken = {view.take(seq, "m") for seq in range(7, 7 + ledger.MAX_ASIDE + 10)}

    assert taken == {Taken.EARLY}
    assert view.aside is not None
    assert len(view.aside) == ledger.MAX_ASIDE


def test_members_who_got_the_same_have_the_same_digest_whatever_the_order_of_arrival() -> None:
    _room, (first, second, other) = room_with_views(3)

    for seq in (5, 6, 7):
        first.take(seq, f"m{seq}")
    for seq in (7, 6, 5):
        second.take(seq, f"m{seq}")
    for seq, message in ((5, "m6"), (6, "m5"), (7, "m7")):
        other.take(seq, message)

    assert first.digest == second.digest != other.digest


def test_a_log_that_everybody_has_whole_is_sound() -> None:
    room, views = room_with_views(2)
    for view in views:
        view.take(5, "m5")
    room.acked = 1

    assert find_faults([report_room(room, views, unanswered=0)]) == []


def report(*, acked: int = 2, unanswered: int = 0, states: dict[str, int] | None = None, base: int = 4) -> RoomReport:
    return RoomReport("c", base, 6, acked, unanswered, {"6:aa": 2} if states is None else states)


def test_reports_of_several_processes_are_one() -> None:
    assert find_faults([report(acked=1), report(acked=1, states={"6:aa": 5})]) == []


def test_an_acknowledged_message_that_the_log_lacks_is_lost() -> None:
    assert codes(find_faults([report(acked=3)])) == ["lost"]


def test_a_message_that_stands_twice_in_the_log_is_found() -> None:
    assert codes(find_faults([report(acked=1)])) == ["doubled"]
    assert find_faults([report(acked=1, unanswered=1)]) == []


def test_a_member_who_has_not_got_everything_is_found() -> None:
    assert codes(find_faults([report(states={"6:aa": 2, "5:bb": 1})])) == ["lost"]


def test_members_with_different_messages_are_found() -> None:
    assert codes(find_faults([report(states={"6:aa": 2}), report(acked=0, states={"6:bb": 1})])) == ["differing"]


def test_a_log_whose_beginning_is_not_known_proves_nothing() -> None:
    assert codes(find_faults([report(base=-1)])) == ["unsynced"]
