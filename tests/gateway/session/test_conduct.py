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
