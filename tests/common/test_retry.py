"""Lost races are run again, anything else is not."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from apps.common.retry import (
    MAX_ATTEMPTS,
    MAX_PAUSE_S,
    is_retryable,
    pause_before_attempt,
    run_in_transaction,
)
from apps.tenants.models import Tenant


class DriverError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def lost_race(sqlstate: str = "40001") -> OperationalError:
    error = OperationalError("lost")
    error.__cause__ = DriverError(sqlstate)
    return error


def failing(times: int, error: Callable[[], Exception]) -> Callable[[], str]:
    """Work that makes a tenant, then fails the first `times` times."""
    calls = iter(range(times + 1))

    def work() -> str:
        attempt = next(calls)
        Tenant.objects.create(slug=f"try-{attempt}", name="Try")
        if attempt < times:
            raise error()
        return "done"

    return work


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (lost_race("40001"), True),
        (lost_race("40P01"), True),
        (lost_race("23505"), False),
        (OperationalError("gone"), False),
        (DriverError("40001"), True),
    ],
)
def test_only_serialization_failures_and_deadlocks_are_lost_races(error: Exception, expected: bool) -> None:
    assert is_retryable(error) is expected


@pytest.mark.django_db(transaction=True)
class TestRunInTransaction:
    def test_the_last_try_alone_leaves_its_mark(self) -> None:
        pauses: list[float] = []

        result = run_in_transaction(failing(2, lost_race), sleep=pauses.append)

        assert result == "done"
        assert list(Tenant.objects.values_list("slug", flat=True)) == ["try-2"]
        assert len(pauses) == 2

    def test_it_gives_up_after_a_bounded_number_of_tries(self) -> None:
        pauses: list[float] = []

        with pytest.raises(OperationalError, match="lost"):
            run_in_transaction(failing(MAX_ATTEMPTS + 5, lost_race), sleep=pauses.append)

        assert len(pauses) == MAX_ATTEMPTS - 1
        assert not Tenant.objects.exists()

    def test_any_other_error_comes_at_once(self) -> None:
        pauses: list[float] = []

        with pytest.raises(ZeroDivisionError):
            run_in_transaction(failing(1, ZeroDivisionError), sleep=pauses.append)

        assert pauses == []
        assert not Tenant.objects.exists()

    def test_a_real_serialization_failure_is_run_again(self) -> None:
        tries: list[int] = []

        def work() -> None:
            tries.append(1)
            if len(tries) == 1:
                with connection.cursor() as cursor:
                    cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40001'; END $$")

        run_in_transaction(work, sleep=lambda _: None)

        assert len(tries) == 2

    def test_inside_an_open_transaction_it_runs_once(self) -> None:
        pauses: list[float] = []

        with transaction.atomic(), pytest.raises(DatabaseError):
            run_in_transaction(failing(1, lost_race), sleep=pauses.append)

        assert pauses == []
        assert not Tenant.objects.exists()


@pytest.mark.parametrize("jitter", [0.0, 0.999])
def test_pauses_grow_and_stay_bounded(jitter: float) -> None:
    pauses = [pause_before_attempt(attempt, jitter=jitter) for attempt in range(2, MAX_ATTEMPTS + 1)]

    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[-1] <= MAX_PAUSE_S
