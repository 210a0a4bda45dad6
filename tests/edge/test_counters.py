"""Counters start at nothing, each server's for itself."""

from dataclasses import fields

from apps.edge.counters import Counters


def test_all_counters_start_at_zero() -> None:
    counters = Counters()

    assert not any(getattr(counters, field.name) for field in fields(counters))


def test_two_servers_count_apart() -> None:
    one, other = Counters(), Counters()

    one.refused["503"] += 1

    assert other.refused["503"] == 0
