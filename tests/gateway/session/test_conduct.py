"""How a peer's behaviour is counted."""

from apps.gateway.session import Limits
from apps.gateway.session.conduct import Conduct

LIMITS = Limits(rate_per_s=10, burst=2, refusals_per_s=1, refusals_burst=3, strikes_per_s=1, strikes=3)


def test_frames_within_the_rate_are_admitted_and_others_wait() -> None:
    conduct = Conduct(LIMITS, 0)

    admitted = [conduct.admits(1, 0) for _ in range(3)]
    wait_ms = conduct.wait_ms(1, 0)

    assert admitted == [True, True, False]
    assert conduct.admits(1, wait_ms)


def test_a_rate_of_ones_own_takes_the_place_of_that_of_all() -> None:
    conduct = Conduct(LIMITS, 0)

    conduct.bind(1, 0)
    admitted = [conduct.admits(1, 0) for _ in range(2)]

    assert admitted == [True, False]
    assert conduct.wait_ms(1, 0) == 60_001
    assert conduct.admits(1, 60_001)


def test_so_much_at_once_as_others_is_the_most() -> None:
    conduct = Conduct(LIMITS, 0)

    conduct.bind(60_000, 0)

    assert [conduct.admits(1, 0) for _ in range(LIMITS.burst + 1)] == [True] * LIMITS.burst + [False]
    assert conduct.wait_ms(1, 0) == 2


def test_signing_in_once_more_gives_nothing_back_but_another_rate_holds_at_once() -> None:
    conduct = Conduct(LIMITS, 0)
    conduct.bind(1, 0)
    conduct.admits(1, 0)

    conduct.bind(1, 1)
    before = conduct.admits(1, 1)
    conduct.bind(None, 2)

    assert not before
    assert conduct.admits(1, 2)


def test_refusals_are_borne_until_there_are_too_many_and_forgiven_with_time() -> None:
    conduct = Conduct(LIMITS, 0)

    borne = [conduct.may_be_refused(0) for _ in range(4)]

    assert borne == [True, True, True, False]
    assert conduct.may_be_refused(1_000)


def test_the_last_of_so_many_blunders_is_too_many() -> None:
    conduct = Conduct(LIMITS, 0)

    borne = [conduct.may_blunder(0) for _ in range(LIMITS.strikes)]

    assert borne == [True, True, False]
    assert conduct.may_blunder(1_000)
