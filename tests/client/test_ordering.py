"""A feed gives each event out once, in order, and knows what is missing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.client.ordering import MAX_HELD_EVENTS, Feed, HistoryGap, HistoryReset
from apps.wire.frames import EventView
from tests.client.builders import ROOM, page, view

PLENTY = 10_000


def seqs(feed: Feed, room: int = PLENTY) -> list[int]:
    return [item.seq for item in feed.take(room) if isinstance(item, EventView)]


def test_events_in_order_pass_straight_through() -> None:
    feed = Feed(ROOM, 0)

    feed.offer(view(1))
    feed.offer(view(2))

    assert seqs(feed) == [1, 2]
    assert feed.missing is None


def test_an_event_is_given_out_once_however_often_it_comes() -> None:
    feed = Feed(ROOM, 0)
    for seq in (1, 1, 2, 1):
        feed.offer(view(seq))
    first = seqs(feed)

    feed.offer(view(2))

    assert (first, seqs(feed)) == ([1, 2], [])


def test_an_event_behind_a_hole_waits_for_it() -> None:
    feed = Feed(ROOM, 0)
    feed.offer(view(1))
    feed.offer(view(3))
    before = seqs(feed)

    assert (before, feed.missing) == ([1], 1)
    feed.page(page(2, 3))
    assert seqs(feed) == [2, 3]
    assert feed.missing is None


def test_word_of_a_later_event_is_a_hole_too() -> None:
    feed = Feed(ROOM, 4)

    feed.learn(6)

    assert feed.missing == 4


def test_a_full_queue_leaves_events_in_the_feed() -> None:
    feed = Feed(ROOM, 0)
    for seq in (1, 2, 3):
        feed.offer(view(seq))

    first = seqs(feed, room=2)

    assert (first, feed.has_more, feed.missing) == ([1, 2], True, None)
    assert seqs(feed) == [3]


def test_held_events_are_bounded_and_the_rest_is_fetched() -> None:
    feed = Feed(ROOM, 0)
    last = MAX_HELD_EVENTS + 10
    for seq in range(2, last + 1):
        feed.offer(view(seq))

    feed.offer(view(1))
    given_out = seqs(feed)

    assert given_out == list(range(1, MAX_HELD_EVENTS + 1))
    assert feed.missing == MAX_HELD_EVENTS


def test_what_the_user_may_not_see_is_a_gap_in_its_place() -> None:
    feed = Feed(ROOM, 2)
    feed.learn(10)
    feed.ask()

    feed.page(page(8, 10, gap_to=7))

    assert feed.take(PLENTY) == [HistoryGap(ROOM, 3, 7), view(8), view(9), view(10)]


def test_a_gap_that_pushes_have_filled_meanwhile_is_none() -> None:
    feed = Feed(ROOM, 2)
    feed.learn(5)
    feed.ask()
    for seq in (3, 4, 5):
        feed.offer(view(seq))
    seqs(feed)

    feed.page(page(5, 5, gap_to=4))

    assert feed.take(PLENTY) == []


def test_another_history_starts_over_from_the_beginning() -> None:
    feed = Feed(ROOM, 9)
    feed.learn(12)
    feed.ask()

    feed.page(page(1, 0, max_seq=3, start_over=True))

    assert feed.take(PLENTY) == [HistoryReset(ROOM)]
    assert feed.missing == 0
    feed.page(page(1, 3))
    assert seqs(feed) == [1, 2, 3]


def test_a_promise_that_the_log_does_not_keep_is_dropped() -> None:
    feed = Feed(ROOM, 5)
    feed.learn(9)
    feed.ask()

    feed.page(page(1, 0, max_seq=5))

    assert feed.missing is None


def test_a_promise_made_after_the_question_is_kept() -> None:
    feed = Feed(ROOM, 5)
    feed.learn(6)
    feed.ask()
    feed.learn(7)

    feed.page(page(1, 0, max_seq=5))

    assert feed.missing == 5


@pytest.mark.parametrize(("max_seq", "pushed", "expected"), [(7, [], 7), (7, [8], 7), (8, [8], 7), (None, [8], 7)])
def test_the_present_begins_at_the_list_but_never_after_a_push(
    max_seq: int | None, pushed: list[int], expected: int
) -> None:
    feed = Feed(ROOM, None)
    for seq in pushed:
        feed.offer(view(seq))
    early = feed.take(PLENTY)

    feed.begin_at(max_seq)

    assert (early, feed.position) == ([], expected)


def test_the_present_begins_once() -> None:
    feed = Feed(ROOM, 3)

    feed.begin_at(9)

    assert feed.position == 3


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_any_arrival_with_repairs_gives_the_log_once_in_order(length: int, chance: random.Random) -> None:
    feed = Feed(ROOM, 0)
    arrivals = [chance.randint(1, length) for _ in range(length)]
    got: list[int] = []

    for seq in arrivals:
        feed.offer(view(seq))
        got += seqs(feed, room=chance.randint(0, 5))
    feed.learn(length)
    while feed.missing is not None or feed.has_more:
        if feed.missing is not None:
            after = feed.ask()
            feed.page(page(after + 1, min(after + 7, length), max_seq=length))
        got += seqs(feed, room=3)

    assert got == list(range(1, length + 1))
