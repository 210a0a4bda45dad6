"""What a user may send through all her sessions together, and that remembering it is bounded."""

import pytest

from apps.gateway import quotas as module
from apps.gateway.quotas import Quotas


def test_a_user_may_send_a_burst_and_then_at_her_rate() -> None:
    quotas = Quotas(per_s=10, burst=3)

    waits = [quotas.admit("alice", 0) for _ in range(5)]
    later = [quotas.admit("alice", 101) for _ in range(2)]

    assert waits[:3] == [0, 0, 0]
    assert waits[3] == waits[4] > 0
    assert later[0] == 0
    assert later[1] > 0


def test_the_wait_it_names_is_enough() -> None:
    quotas = Quotas(per_s=10, burst=1)
    quotas.admit("alice", 0)

    wait_ms = quotas.admit("alice", 0)

    assert quotas.admit("alice", wait_ms) == 0


def test_users_do_not_take_from_each_other() -> None:
    quotas = Quotas(per_s=10, burst=1)
    quotas.admit("alice", 0)

    assert quotas.admit("bob", 0) == 0
    assert quotas.admit("alice", 0) > 0


def test_who_was_quiet_is_forgotten_and_who_was_not_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP_FROM", 10)
    quotas = Quotas(per_s=10, burst=2)
    for number in range(10):
        quotas.admit(number, 0)
    quotas.admit(3, 1_000)
    quotas.admit(3, 1_000)

    quotas.admit("one more", 1_000)

    assert len(quotas) == 2
    assert quotas.admit(3, 1_000) > 0


def test_even_where_everybody_sends_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP_FROM", 10)
    monkeypatch.setattr(module, "TRACKED_MAX", 50)
    quotas = Quotas(per_s=0.001, burst=1)

    for number in range(500):
        quotas.admit(number, 0)

    assert len(quotas) <= 50
    assert quotas.admit(499, 0) > 0
