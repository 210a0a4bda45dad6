"""The inbox bounds what waits for the program and asks for what is missing."""

from apps.client.inbox import MAX_SYNCS_IN_FLIGHT, ClientEvent, Inbox
from apps.client.ordering import HistoryGap
from apps.wire.frames import CursorFrame, EventView, Received
from tests.client.builders import HALL, OTHER, ROOM, USER, page, state, view


def make(limit: int = 100, *, from_start: bool = True, positions: dict | None = None) -> Inbox:
    return Inbox(limit=limit, repair_delay_s=0.5, received_interval_s=0.2, positions=positions, from_start=from_start)


def drain(inbox: Inbox, now: float = 0.0) -> list[ClientEvent]:
    items = []
    while (item := inbox.pop(now)) is not None:
        items.append(item)
    return items


def seqs(items: list[ClientEvent]) -> list[int]:
    return [item.seq for item in items if isinstance(item, EventView)]


def test_conversations_do_not_wait_for_each_other() -> None:
    inbox = make()

    inbox.offer(view(2), 0)
    inbox.offer(view(1, HALL), 0)

    assert drain(inbox) == [view(1, HALL)]


def test_a_hole_is_asked_for_after_the_delay_and_once() -> None:
    inbox = make()
    inbox.offer(view(1), 0)
    inbox.offer(view(3), 0)

    early, asked, again = inbox.due_syncs(0.4), inbox.due_syncs(0.5), inbox.due_syncs(9)

    assert (early, again) == ([], [])
    assert [(each.conversation, each.after) for each in asked] == [(ROOM, 1)]


def test_a_hole_that_fills_by_itself_is_not_asked_for() -> None:
    inbox = make()
    inbox.offer(view(2), 0)
    inbox.offer(view(1), 0.1)

    assert (inbox.due_syncs(9), inbox.wake_at()) == ([], None)
    assert seqs(drain(inbox)) == [1, 2]


def test_pages_follow_each_other_without_delay_until_complete() -> None:
    inbox = make()
    inbox.learn(ROOM, 5, 0)
    first = inbox.due_syncs(1)[0]

    inbox.page(page(1, 3, max_seq=5, more=True, ref=first.ref), 1)
    second = inbox.due_syncs(1)[0]
    inbox.page(page(4, 5, ref=second.ref), 1)

    assert (second.after, inbox.due_syncs(9)) == (3, [])
    assert seqs(drain(inbox)) == [1, 2, 3, 4, 5]


def test_at_the_bound_nothing_more_is_taken_in_or_asked_for() -> None:
    inbox = make(limit=4)
    for seq in range(1, 9):
        inbox.offer(view(seq), 0)

    full = (len(inbox), inbox.due_syncs(9), inbox.wake_at())
    taken = drain(inbox)

    assert full == (4, [], None)
    assert seqs(taken) == [1, 2, 3, 4]
    assert inbox.due_syncs(9)[0].after == 4


def test_a_page_larger_than_the_room_comes_out_as_the_program_takes() -> None:
    inbox = make(limit=2)
    inbox.learn(ROOM, 5, 0)
    question = inbox.due_syncs(1)[0]

    inbox.page(page(1, 5, ref=question.ref), 1)

    assert len(inbox) == 2
    assert seqs(drain(inbox)) == [1, 2, 3, 4, 5]


def test_an_offer_behind_stalled_events_keeps_the_order() -> None:
    inbox = make(limit=2)
    inbox.learn(ROOM, 4, 0)
    inbox.page(page(1, 4, ref=inbox.due_syncs(1)[0].ref), 1)

    inbox.offer(view(5), 1)
    before = seqs(drain(inbox))
    inbox.page(page(5, 5, ref=inbox.due_syncs(9)[0].ref), 9)

    assert (before, seqs(drain(inbox))) == ([1, 2, 3, 4], [5])


def test_taken_events_are_acknowledged_once_and_cumulatively() -> None:
    inbox = make()
    for seq in (1, 2, 3):
        inbox.offer(view(seq), 0)
    untaken = inbox.due_received(0)
    drain(inbox)

    assert untaken == []
    assert inbox.due_received(1) == [Received(ROOM, 3)]
    assert inbox.due_received(2) == []


def test_a_repeated_event_is_acknowledged_again_once_the_program_has_it() -> None:
    inbox = make()
    for seq in (1, 2):
        inbox.offer(view(seq), 0)
    inbox.offer(view(1), 0)
    early = inbox.due_received(0)
    drain(inbox)
    inbox.due_received(1)

    inbox.offer(view(1), 2)

    assert early == []
    assert inbox.due_received(2) == [Received(ROOM, 2)]
    assert drain(inbox) == []


def test_acknowledgements_go_out_at_most_once_per_interval() -> None:
    inbox = make()
    inbox.offer(view(1), 0)
    drain(inbox)
    inbox.due_received(10)
    inbox.offer(view(2), 10)
    drain(inbox)

    assert inbox.due_received(10.1) == []
    assert inbox.wake_at() == 10.2
    assert inbox.due_received(10.2) == [Received(ROOM, 2)]


def test_cursor_notices_are_dropped_at_the_bound_only() -> None:
    inbox = make(limit=1)
    cursor = CursorFrame(ROOM, USER, 1, 1)

    inbox.note(cursor)
    inbox.note(CursorFrame(ROOM, OTHER, 2, 2))

    assert drain(inbox) == [cursor]


def test_starting_with_the_present_skips_what_was_there() -> None:
    inbox = make(from_start=False)
    inbox.offer(view(8), 0)

    inbox.list_page([state(8), state(3, HALL)], 0)
    inbox.list_done(0)
    inbox.offer(view(4, HALL), 0)

    assert drain(inbox) == [view(8), view(4, HALL)]


def test_a_conversation_that_appears_later_is_read_from_its_beginning() -> None:
    inbox = make(from_start=False)
    inbox.list_done(0)

    inbox.offer(view(4), 0)

    assert inbox.due_syncs(9)[0].after == 0


def test_starting_from_kept_positions_fetches_what_came_since() -> None:
    inbox = make(from_start=False, positions={ROOM: 5})

    inbox.list_page([state(8)], 0)

    assert inbox.due_syncs(9)[0].after == 5


def test_positions_follow_what_the_program_took_not_what_waits() -> None:
    inbox = make(positions={HALL: 7})
    for seq in (1, 2):
        inbox.offer(view(seq), 0)
    inbox.learn(HALL, 7, 0)

    inbox.pop(0)

    assert inbox.positions() == {ROOM: 1, HALL: 7}


def test_a_gap_moves_the_position_too() -> None:
    inbox = make()
    inbox.learn(ROOM, 5, 0)
    inbox.page(page(1, 0, max_seq=5, gap_to=5, ref=inbox.due_syncs(9)[0].ref), 9)

    assert drain(inbox) == [HistoryGap(ROOM, 1, 5)]
    assert inbox.positions() == {ROOM: 5}


def test_a_lost_connection_asks_the_same_again() -> None:
    inbox = make()
    inbox.learn(ROOM, 3, 0)
    first = inbox.due_syncs(1)[0]

    inbox.interrupt(2)
    second = inbox.due_syncs(2)[0]

    assert (second.after, second.ref == first.ref, inbox.asked(first.ref)) == (first.after, False, False)


def test_a_refused_question_is_repeated_after_the_pause_or_given_up() -> None:
    inbox = make()
    inbox.learn(ROOM, 3, 0)
    inbox.sync_failed(inbox.due_syncs(1)[0].ref, 1, retry_after_s=2)
    early, again = inbox.due_syncs(2.9), inbox.due_syncs(3)

    inbox.sync_failed(again[0].ref, 3, retry_after_s=None)

    assert (early, len(again), inbox.due_syncs(99), inbox.positions()) == ([], 1, [], {})


def test_questions_under_way_are_bounded() -> None:
    from uuid import UUID

    inbox = make()
    for n in range(MAX_SYNCS_IN_FLIGHT + 3):
        inbox.learn(UUID(int=1000 + n), 1, 0)

    assert len(inbox.due_syncs(9)) == MAX_SYNCS_IN_FLIGHT
    assert inbox.due_syncs(9) == []
