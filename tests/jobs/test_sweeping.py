"""Rows go a batch at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from apps.jobs.sweeping import sweep
from apps.jobs.turns import Ending, Turn, TurnOver

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDED = Session.objects.filter(expire_date__lt=NOW).order_by("expire_date", "pk")


@pytest.fixture
def sessions() -> None:
    """Five that have ended, and one that goes on."""
    for number in range(-5, 1):
        Session.objects.create(session_key=f"s{number}", expire_date=NOW + timedelta(days=number))


def test_everything_goes_in_batches_and_nothing_else(sessions: None) -> None:
    turn = Turn(NOW)

    sweep(turn, ENDED.all(), batch_rows=2)

    assert turn.done == 5
    assert [row.session_key for row in Session.objects.all()] == ["s0"]


def test_it_ends_between_batches(sessions: None) -> None:
    turn = Turn(NOW)
    turn.end(Ending.STOPPING)

    with pytest.raises(TurnOver):
        sweep(turn, ENDED.all(), batch_rows=2)

    assert turn.done == 2
    assert Session.objects.count() == 4


def test_what_is_prolonged_meanwhile_stays(sessions: None) -> None:
    class Prolonging(Turn):
        def did(self, count: int) -> None:
            Session.objects.filter(pk="s-1").update(expire_date=NOW)
            super().did(count)

    turn = Prolonging(NOW)

    sweep(turn, ENDED.all(), batch_rows=2)

    assert turn.done == 4
    assert {row.session_key for row in Session.objects.all()} == {"s-1", "s0"}
