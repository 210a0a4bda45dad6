"""Guessing passwords is slowed down; mistyping and signing in are not."""

import pytest

from apps.accounts.errors import SignInLimited
from apps.accounts.services import sign_in
from apps.accounts.services.sign_in import (
    MAX_PER_ADDRESS,
    MAX_PER_NAME,
    MAX_PER_NAME_AND_ADDRESS,
    WINDOW_S,
    SignInGuard,
)
from tests.clock import Clock


@pytest.fixture
def guard(clock: Clock) -> SignInGuard:
    return SignInGuard(clock)


def fail(guard: SignInGuard, times: int, *, login: str = "alice@acme", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        guard.note_failure(login=login, address=address)


def test_a_few_failures_are_forgiven(guard: SignInGuard) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS - 1)

    guard.check(login="alice@acme", address="10.0.0.1")


def test_too_many_failures_shut_the_door_for_a_while(guard: SignInGuard, clock: Clock) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS)

    with pytest.raises(SignInLimited) as refusal:
        guard.check(login=" ALICE@acme", address="10.0.0.1")

    assert refusal.value.fields["seconds"] == WINDOW_S
    assert refusal.value.retry_after_ms == WINDOW_S * 1000
    clock.now += WINDOW_S
    guard.check(login="alice@acme", address="10.0.0.1")


def test_a_stranger_cannot_lock_a_user_out_from_one_address(guard: SignInGuard) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS, address="10.6.6.6")

    guard.check(login="alice@acme", address="10.0.0.1")


def test_many_addresses_together_cannot_guess_one_name(guard: SignInGuard) -> None:
    for number in range(MAX_PER_NAME):
        fail(guard, 1, address=f"10.0.1.{number}")

    with pytest.raises(SignInLimited):
        guard.check(login="alice@acme", address="10.0.0.1")


def test_one_address_cannot_try_many_names(guard: SignInGuard) -> None:
    for number in range(MAX_PER_ADDRESS):
        fail(guard, 1, login=f"user{number}@acme")

    with pytest.raises(SignInLimited):
        guard.check(login="alice@acme", address="10.0.0.1")


def test_getting_it_right_forgets_the_failures_before(guard: SignInGuard) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS - 1)
    guard.note_success(login="alice@acme", address="10.0.0.1")
    fail(guard, MAX_PER_NAME_AND_ADDRESS - 1)

    guard.check(login="alice@acme", address="10.0.0.1")


def test_an_old_series_does_not_count_towards_a_new_one(guard: SignInGuard, clock: Clock) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS - 1)
    clock.now += WINDOW_S
    fail(guard, 1)

    guard.check(login="alice@acme", address="10.0.0.1")


def test_memory_is_bounded(guard: SignInGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "MAX_KEYS", 30)

    for number in range(100):
        fail(guard, 1, login=f"user{number}@acme", address=f"10.0.2.{number}")

    assert len(guard._failures) == 30


def test_clearing_opens_the_door(guard: SignInGuard) -> None:
    fail(guard, MAX_PER_NAME_AND_ADDRESS)

    guard.clear()

    guard.check(login="alice@acme", address="10.0.0.1")
