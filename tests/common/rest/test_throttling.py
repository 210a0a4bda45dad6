"""Buckets empty, refill with time, and don't mix users or kinds of request."""

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.rest import throttling
from apps.common.rest.throttling import Buckets
from tests.clock import Clock
from tests.rest_client import signed_in


@pytest.fixture
def buckets(clock: Clock) -> Buckets:
    return Buckets(clock)


def test_a_minutes_worth_may_be_used_at_once(buckets: Buckets) -> None:
    waits = [buckets.take(("request", "alice"), per_minute=6) for _ in range(7)]

    assert waits == [0.0] * 6 + [10.0]


def test_time_refills_up_to_the_bound(buckets: Buckets, clock: Clock) -> None:
    for _ in range(6):
        buckets.take(("request", "alice"), per_minute=6)
    clock.now += 10

    assert buckets.take(("request", "alice"), per_minute=6) == 0.0
    assert buckets.take(("request", "alice"), per_minute=6) > 0

    clock.now += 3600
    assert [buckets.take(("request", "alice"), per_minute=6) > 0 for _ in range(7)] == [False] * 6 + [True]


def test_users_and_kinds_have_buckets_of_their_own(buckets: Buckets) -> None:
    assert buckets.take(("request", "alice"), per_minute=1) == 0.0

    assert buckets.take(("request", "bob"), per_minute=1) == 0.0
    assert buckets.take(("send", "alice"), per_minute=1) == 0.0
    assert buckets.take(("request", "alice"), per_minute=1) > 0


def test_memory_is_bounded(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "MAX_KEYS", 10)

    for number in range(50):
        buckets.take(("request", str(number)), per_minute=1)

    assert len(buckets._levels) == 10
    assert buckets.take(("request", "49"), per_minute=1) > 0


def test_clearing_fills_all_buckets(buckets: Buckets) -> None:
    buckets.take(("request", "alice"), per_minute=1)

    buckets.clear()

    assert buckets.take(("request", "alice"), per_minute=1) == 0.0


def test_a_user_who_asks_too_much_is_told_when_to_come_back(alice: User, bob: User, settings: Settings) -> None:
    settings.IM_REST_PER_MINUTE = {"request": 2, "send": 2}
    throttling.buckets.clear()
    client = signed_in(alice)

    answers = [client.get("/api/v1/me") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].code == "rate_limited"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 30
    assert signed_in(bob).get("/api/v1/me").status == 200
    throttling.buckets.clear()
