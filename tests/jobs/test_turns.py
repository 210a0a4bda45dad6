"""A job asks whether to go on."""

from datetime import UTC, datetime
from threading import Thread

import pytest

from apps.jobs.turns import Ending, Turn, TurnOver

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_goes_on_and_counts() -> None:
    turn = Turn(NOW)

    turn.did(3)
    turn.did(4)
    turn.pause(0)
    turn.proceed()

    assert (turn.done, turn.ending) == (7, None)


def test_what_was_done_counts_when_it_has_to_end() -> None:
    turn = Turn(NOW)
    turn.end(Ending.STOPPING)

    with pytest.raises(TurnOver) as over:
        turn.did(3)

    assert (turn.done, over.value.ending) == (3, Ending.STOPPING)


def test_the_first_reason_counts() -> None:
    turn = Turn(NOW)

    turn.end(Ending.LOST)
    turn.end(Ending.STOPPING)

    assert turn.ending is Ending.LOST


def test_a_pause_ends_with_the_turn() -> None:
    turn = Turn(NOW)
    endings: list[Ending] = []

    def wait() -> None:
        try:
            turn.pause(600)
        except TurnOver as over:
            endings.append(over.ending)

    thread = Thread(target=wait)
    thread.start()
    turn.end(Ending.OVERRAN)
    thread.join(60)

    assert endings == [Ending.OVERRAN]
