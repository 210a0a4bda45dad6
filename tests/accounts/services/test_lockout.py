"""Guessing is slowed down on all nodes, and nobody is locked out for good by a stranger."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.errors import SignInLimited
from apps.accounts.models import FailedProofs
from apps.accounts.services import lockout
from apps.accounts.services.lockout import FIRST_WAIT, FORGET_AFTER, LONGEST_WAIT, MAX_PER_ADDRESS, Attempt, wait_after

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HERE = Attempt("alice@acme", "10.0.0.1", 3)
THERE = Attempt("alice@acme", "10.0.0.2", 3)
KNOWN = Attempt("alice@acme", "10.0.0.1", 3, known="a browser")


def fail(attempt: Attempt, times: int, *, now: datetime = NOW) -> None:
    for _ in range(times):
        lockout.note_failure(attempt, now=now)


def is_open(attempt: Attempt, *, now: datetime = NOW) -> bool:
    try:
        lockout.check(attempt, now=now)
    except SignInLimited:
        return False
    return True


@pytest.mark.parametrize(
    ("count", "wait"),
    [(0, 0), (2, 0), (3, 30), (4, 60), (5, 120), (8, 900), (10**6, 900)],
)
def test_waits_double_up_to_a_quarter_of_an_hour(count: int, wait: int) -> None:
    assert wait_after(count, 3) == timedelta(seconds=wait)


@pytest.mark.django_db
class TestCounting:
    def test_too_many_failures_shut_the_door_for_a_while(self) -> None:
        fail(HERE, 3)

        with pytest.raises(SignInLimited) as refused:
            lockout.check(HERE, now=NOW)

        assert refused.value.retry_after_ms == 30_000
        assert is_open(HERE, now=NOW + FIRST_WAIT)

    def test_other_addresses_and_names_are_let_be(self) -> None:
        fail(HERE, 3)

        assert is_open(THERE)
        assert is_open(Attempt("bob@acme", "10.0.0.1", 3))

    def test_one_name_from_many_addresses_is_slowed_down_and_its_own_browser_is_not(self) -> None:
        for number in range(30):
            fail(Attempt("alice@acme", f"10.0.1.{number}", 3), 1)

        assert not is_open(HERE)
        assert is_open(KNOWN)
        fail(KNOWN, 3)
        assert not is_open(KNOWN)

    def test_many_names_from_one_address_are_slowed_down(self) -> None:
        for number in range(MAX_PER_ADDRESS):
            fail(Attempt(f"user{number}@acme", "10.0.0.9", 3), 1)

        assert not is_open(Attempt("one-more@acme", "10.0.0.9", 3))
        assert is_open(Attempt("one-more@acme", "10.0.0.8", 3))

    def test_success_forgets_the_name_but_not_what_the_address_did(self) -> None:
        fail(HERE, 3)

        lockout.note_success(HERE)

        assert is_open(HERE)
        assert FailedProofs.objects.count() == 1

    def test_an_hour_without_failures_begins_anew(self) -> None:
        fail(HERE, 3)
        later = NOW + FORGET_AFTER + timedelta(seconds=1)

        fail(HERE, 1, now=later)

        assert is_open(HERE, now=later)

    def test_a_proved_name_is_open_again(self) -> None:
        for number in range(30):
            fail(Attempt("alice@acme", f"10.0.1.{number}", 3), 1)

        lockout.forget_name("Alice@acme")

        assert is_open(HERE)


@pytest.mark.django_db
class TestTheTable:
    def test_forgets_what_is_old(self) -> None:
        fail(HERE, 1)

        lockout.sweep(now=NOW + FORGET_AFTER + LONGEST_WAIT + timedelta(seconds=1))

        assert not FailedProofs.objects.exists()

    def test_is_bounded_and_keeps_the_latest(self) -> None:
        fail(HERE, 1)
        fail(Attempt("late@acme", "10.0.0.7", 3), 1, now=NOW + timedelta(minutes=1))

        lockout.sweep(now=NOW + timedelta(minutes=2), max_rows=3)

        assert FailedProofs.objects.count() == 3
        assert set(FailedProofs.objects.values_list("last_at", flat=True)) == {NOW + timedelta(minutes=1)}

    def test_is_swept_as_failures_come(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lockout, "SWEEP_ONE_IN", 1)
        fail(HERE, 1)

        fail(THERE, 1, now=NOW + timedelta(hours=2))

        assert FailedProofs.objects.filter(last_at=NOW).count() == 0
