"""The book of leases: they end in time, whatever was noted about them before."""

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state import leases as module
from apps.cluster.core.state.leases import Lease, Leases

A = NodeId(1)


def lease(key: str, token: int, expires_ms: int) -> Lease:
    return Lease(key, A, token, expires_ms, nonce=0)


def test_a_lease_is_there_until_its_end_and_not_at_it() -> None:
    book = Leases([lease("job", 5, 100)])

    book.expire(99)
    before = dict(book)
    book.expire(100)

    assert list(before) == ["job"]
    assert dict(book) == {}


def test_a_renewed_lease_outlives_its_first_end() -> None:
    book = Leases([lease("job", 5, 100)])

    book.put(lease("job", 5, 200))
    book.expire(150)

    assert book["job"].expires_ms == 200


def test_the_end_of_a_lease_that_was_given_back_does_not_touch_the_next_one() -> None:
    book = Leases([lease("job", 5, 100)])

    book.drop("job")
    book.expire(50)
    book.put(lease("job", 9, 300))
    book.expire(100)

    assert book["job"].token == 9


def test_the_end_of_a_lease_that_nobody_holds_any_more_passes() -> None:
    book = Leases([lease("job", 5, 100)])

    book.drop("job")
    book.expire(100)

    assert len(book) == 0


def test_many_renewals_do_not_pile_up() -> None:
    book = Leases([lease("other", 1, 10**9)])

    for turn in range(5_000):
        book.put(lease("job", 2, 1_000 + turn))

    assert len(book._expiries) <= len(book) + module.STALE_EXPIRIES_MAX
    book.expire(5_999)
    assert list(book) == ["other"]


def test_leases_are_listed_by_key_whatever_came_first() -> None:
    one = Leases([lease("b", 1, 9), lease("a", 2, 9)])
    other = Leases([lease("a", 2, 9), lease("b", 1, 9)])

    assert one.sorted() == other.sorted()
    assert [entry.key for entry in one.sorted()] == ["a", "b"]


def test_there_is_a_last_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASES_MAX", 2)
    book = Leases([lease("a", 1, 9)])

    assert not book.full
    book.put(lease("b", 2, 9))
    assert book.full
