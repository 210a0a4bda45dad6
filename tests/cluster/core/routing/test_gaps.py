"""Gaps are told in few words."""

import pytest

from apps.cluster.core.routing.gaps import Gaps, Notice


def test_gaps_of_some_groups_become_one_notice_since_the_earliest() -> None:
    gaps = Gaps(max_groups=3)
    gaps.add(("a", "b"), 20)
    gaps.add(("b", "c"), 10)

    assert gaps
    assert gaps.take() == Notice(("a", "b", "c"), 10)
    assert not gaps


def test_more_groups_than_the_bound_become_all() -> None:
    gaps = Gaps(max_groups=2)

    gaps.add(("a", "b", "c"), 20)

    assert gaps.take() == Notice(None, 20)


def test_all_stays_all_whatever_is_added() -> None:
    gaps = Gaps(max_groups=2)
    gaps.add_all(20)
    gaps.add(("a",), 30)

    assert gaps.take() == Notice(None, 20)


def test_after_a_notice_everything_begins_anew() -> None:
    gaps = Gaps(max_groups=2)
    gaps.add_all(20)
    gaps.take()
    gaps.add(("a",), 30)

    assert gaps.take() == Notice(("a",), 30)


def test_groups_of_an_earlier_notice_are_not_told_again() -> None:
    gaps = Gaps(max_groups=2)
    gaps.add(("a", "b"), 20)
    gaps.take()
    gaps.add(("c",), 30)

    assert gaps.take() == Notice(("c",), 30)


def test_as_many_groups_as_the_bound_stay_groups() -> None:
    gaps = Gaps(max_groups=2)
    gaps.add(("a", "b"), 20)

    assert gaps.take() == Notice(("a", "b"), 20)


def test_what_became_all_is_still_told_since_the_earliest() -> None:
    gaps = Gaps(max_groups=1)
    gaps.add(("a",), 10)
    gaps.add(("b",), 20)

    assert gaps.take() == Notice(None, 10)


def test_there_is_no_notice_of_nothing() -> None:
    with pytest.raises(AssertionError):
        Gaps(max_groups=2).take()
