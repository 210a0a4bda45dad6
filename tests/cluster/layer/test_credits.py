"""A sender may have as many messages in a channel elsewhere as fit into it, and gets its room back."""

import pytest

from apps.cluster.layer import credits as module
from apps.cluster.layer.credits import Credits

EXPIRY = 60.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> Credits:
    return Credits(EXPIRY, clock)


def taken(account: Credits, channel: str, capacity: int, times: int) -> list[bool]:
    return [account.take(channel, capacity) for _ in range(times)]


def test_as_many_messages_may_wait_as_the_channel_holds_and_no_more(account: Credits) -> None:
    assert taken(account, "c", 2, 4) == [True, True, False, False]


def test_channels_are_counted_apart(account: Credits) -> None:
    taken(account, "full", 1, 2)

    assert account.take("free", 1)
    assert len(account) == 2


def test_channels_that_never_answer_are_forgotten_for_others(account: Credits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ACCOUNTS_MAX", 2)
    for channel in ("gone", "slow", "new"):
        assert account.take(channel, 1)

    assert len(account) == 2
    assert not account.take("slow", 1)
    assert account.take("gone", 1)


def test_what_was_taken_out_makes_room_for_as_much(account: Credits) -> None:
    taken(account, "c", 3, 3)

    account.give_back("c", 2)

    assert taken(account, "c", 3, 3) == [True, True, False]


def test_a_channel_with_nothing_waiting_is_forgotten(account: Credits) -> None:
    taken(account, "c", 3, 2)

    account.give_back("c", 2)

    assert len(account) == 0


def test_more_than_was_sent_cannot_be_given_back(account: Credits) -> None:
    taken(account, "c", 2, 1)

    account.give_back("c", 5)

    assert taken(account, "c", 2, 3) == [True, True, False]


def test_giving_back_for_a_channel_nothing_was_sent_to_is_nothing(account: Credits) -> None:
    account.give_back("unknown", 1)

    assert len(account) == 0


def test_without_progress_for_the_time_of_expiry_the_channel_counts_as_empty(account: Credits, clock: Clock) -> None:
    taken(account, "c", 2, 2)
    clock.now = EXPIRY - 0.001
    before = account.take("c", 2)

    clock.now = EXPIRY

    assert not before
    assert taken(account, "c", 2, 3) == [True, True, False]


def test_progress_puts_that_off(account: Credits, clock: Clock) -> None:
    taken(account, "c", 2, 2)
    clock.now = EXPIRY - 1
    account.give_back("c", 1)
    account.take("c", 2)

    clock.now = EXPIRY + 1

    assert not account.take("c", 2)


def test_forgetting_everything_makes_all_room_free(account: Credits) -> None:
    taken(account, "c", 1, 1)

    account.clear()

    assert len(account) == 0
    assert account.take("c", 1)
