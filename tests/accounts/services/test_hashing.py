"""Passwords are checked a few at a time; who can't have a turn is told so."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from apps.accounts.errors import SignInBusy
from apps.accounts.services.hashing import HashingSlots


class Hashing:
    """One thread's turn, for as long as the test wants."""

    def __init__(self, slots: HashingSlots, threads: ThreadPoolExecutor) -> None:
        self.begun = threading.Event()
        self.ends = threading.Event()
        self.result: Future[None] = threads.submit(self._run, slots)

    def _run(self, slots: HashingSlots) -> None:
        with slots.turn():
            self.begun.set()
            assert self.ends.wait(60)


def test_no_more_than_so_many_at_once_and_the_next_one_when_one_ends() -> None:
    slots = HashingSlots(at_once=2, wait_s=10)
    with ThreadPoolExecutor(3) as threads:
        first, second = (Hashing(slots, threads) for _ in range(2))
        assert first.begun.wait(60)
        assert second.begun.wait(60)
        third = Hashing(slots, threads)
        began_early = third.begun.wait(0.05)

        first.ends.set()

        assert third.begun.wait(60)
        assert not began_early
        for hashing in (second, third):
            hashing.ends.set()
        assert [hashing.result.result(60) for hashing in (first, second, third)] == [None] * 3


def test_who_waits_too_long_is_refused_and_keeps_nobody_from_waiting() -> None:
    slots = HashingSlots(at_once=1, max_waiting=1, wait_s=0.01)
    with slots.turn():
        for _ in range(3):
            with pytest.raises(SignInBusy) as refused, slots.turn():
                pass

    assert refused.value.retry_after_ms > 0
    with slots.turn():
        pass


def test_where_too_many_wait_further_ones_are_refused_at_once() -> None:
    slots = HashingSlots(at_once=1, max_waiting=0, wait_s=3600)
    with slots.turn(), pytest.raises(SignInBusy), slots.turn():
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    slots = HashingSlots(at_once=1, max_waiting=0)
    with pytest.raises(ZeroDivisionError), slots.turn():
        raise ZeroDivisionError

    with slots.turn():
        pass
