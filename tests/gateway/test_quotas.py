"""What a user may send through all her sessions together, and that remembering it is bounded."""

import pytest

from apps.gateway import quotas as module
from apps.gateway.quotas import Allowances, Quotas


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


class TestAllowances:
    def test_without_a_limit_everything_is_admitted(self) -> None:
        allowances = Allowances()

        assert [allowances.admit("acme", 0) for _ in range(1_000)] == [0] * 1_000

    def test_a_minutes_worth_is_admitted_and_not_one_more(self) -> None:
        allowances = Allowances()
        allowances.keep({"acme": 60})

        waits = [allowances.admit("acme", 0) for _ in range(61)]

        assert waits[:60] == [0] * 60
        assert waits[60] > 0
        assert allowances.admit("acme", waits[60]) == 0

    def test_tenants_do_not_take_from_each_other(self) -> None:
        allowances = Allowances()
        allowances.keep({"acme": 1, "rival": 1})

        assert [allowances.admit(tenant, 0) > 0 for tenant in ("acme", "acme", "rival")] == [False, True, False]

    def test_looking_again_gives_nothing_back_unless_the_limit_changed(self) -> None:
        allowances = Allowances()
        allowances.keep({"acme": 1})
        allowances.admit("acme", 0)

        allowances.keep({"acme": 1, "rival": 5})
        same = allowances.admit("acme", 0)
        allowances.keep({"acme": 2})

        assert same > 0
        assert allowances.admit("acme", 0) == 0

    def test_a_limit_that_is_lifted_holds_no_longer(self) -> None:
        allowances = Allowances()
        allowances.keep({"acme": 1})
        allowances.admit("acme", 0)

        allowances.keep({})

        assert [allowances.admit("acme", 0) for _ in range(3)] == [0, 0, 0]
