"""Which key signs, which are published, and when the next one is due."""

from datetime import UTC, datetime, timedelta

from apps.accounts.services.keyring import AHEAD, KEPT, ROTATE_AFTER, RingKey, following, missing, published, signing

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def key(
    number: int, *, days: float = 0.0, algorithm: str = "ES256", is_revoked: bool = False, seconds: float = 0.0
) -> RingKey:
    at = NOW + timedelta(days=days, seconds=seconds)
    return RingKey(f"{algorithm}-{number}", algorithm, number, {}, "", at, is_revoked)


def numbers(keys: list[RingKey]) -> list[int]:
    return [each.number for each in keys]


class TestSigning:
    def test_the_last_key_whose_time_has_come_signs(self) -> None:
        ring = [key(1, days=-100), key(2, days=-1), key(3, days=80)]

        assert signing(ring, "ES256", now=NOW) == ring[1]
        assert following(ring, "ES256", now=NOW) == ring[2]

    def test_a_key_signs_from_the_very_moment_of_its_beginning(self) -> None:
        ring = [key(1, days=-100), key(2)]

        assert signing(ring, "ES256", now=NOW) == ring[1]
        assert signing(ring, "ES256", now=NOW - timedelta(microseconds=1)) == ring[0]

    def test_a_revoked_key_signs_nothing_and_follows_nobody(self) -> None:
        ring = [key(1, days=-100), key(2, days=-1, is_revoked=True), key(3, days=1, is_revoked=True)]

        assert signing(ring, "ES256", now=NOW) == ring[0]
        assert following(ring, "ES256", now=NOW) is None

    def test_another_algorithms_keys_do_not_count(self) -> None:
        ring = [key(1, days=-1, algorithm="RS256"), key(2, days=1, algorithm="RS256")]

        assert signing(ring, "ES256", now=NOW) is None
        assert following(ring, "ES256", now=NOW) is None


class TestPublishing:
    def test_the_next_key_and_the_one_of_today_are_published(self) -> None:
        ring = [key(1, days=-1), key(2, days=89)]

        assert numbers(published(ring, now=NOW)) == [1, 2]

    def test_a_former_key_is_published_until_nothing_it_signed_is_of_use(self) -> None:
        ring = [key(1, days=-100), key(2), key(3, days=90)]

        assert numbers(published(ring, now=NOW + KEPT - timedelta(seconds=1))) == [1, 2, 3]
        assert numbers(published(ring, now=NOW + KEPT)) == [2, 3]

    def test_a_revoked_key_is_published_no_more(self) -> None:
        ring = [key(1, days=-1, is_revoked=True), key(2)]

        assert numbers(published(ring, now=NOW)) == [2]

    def test_the_keys_of_one_algorithm_do_not_end_those_of_another(self) -> None:
        ring = [key(1, days=-100), key(2, days=-90, algorithm="RS256")]

        assert published(ring, now=NOW) == ring


class TestWhatIsMissing:
    def test_an_empty_ring_needs_a_key_that_signs_at_once(self) -> None:
        assert missing([], "ES256", now=NOW) == (1, NOW)

    def test_a_key_without_a_follower_needs_one_for_the_day_it_ends(self) -> None:
        assert missing([key(1, days=-10)], "ES256", now=NOW) == (2, NOW - timedelta(days=10) + ROTATE_AFTER)

    def test_after_a_long_sleep_the_follower_is_still_published_before_it_signs(self) -> None:
        assert missing([key(1, days=-500), key(2, days=-400)], "ES256", now=NOW) == (3, NOW + AHEAD)

    def test_nothing_is_missing_while_one_signs_and_one_follows(self) -> None:
        assert missing([key(1, days=-10), key(2, days=80)], "ES256", now=NOW) is None

    def test_numbers_of_revoked_keys_are_not_given_again(self) -> None:
        assert missing([key(1, is_revoked=True), key(2, is_revoked=True)], "ES256", now=NOW) == (3, NOW)
