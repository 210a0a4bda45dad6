"""Bounds on connections: in all, per address, and on how often an address comes back."""

import pytest

from apps.edge import admission
from apps.edge.admission import Admission
from apps.edge.config import EdgeConfig
from apps.edge.protocol.request import Refused
from apps.edge.wheel import ticks_of


def refused_with(gate: Admission, address: str = "192.0.2.1", now_tick: int = 0, open_connections: int = 1) -> int:
    with pytest.raises(Refused) as refused:
        gate.admit(address, now_tick, open_connections=open_connections)
    assert dict(refused.value.headers)[b"retry-after"] == b"5"
    return refused.value.status


def test_without_bounds_nothing_is_counted() -> None:
    gate = Admission(EdgeConfig())

    keys = {gate.admit("192.0.2.1", 0, open_connections=10**6) for _ in range(100)}

    assert keys == {""}
    gate.leave("")


def test_a_full_server_refuses_with_503() -> None:
    gate = Admission(EdgeConfig(max_connections=10))

    assert gate.admit("192.0.2.1", 0, open_connections=10) == ""
    assert refused_with(gate, open_connections=11) == 503


def test_an_address_has_so_many_connections_and_may_replace_them() -> None:
    gate = Admission(EdgeConfig(max_connections_per_address=2))
    keys = [gate.admit("192.0.2.1", 0, open_connections=1) for _ in range(2)]

    assert refused_with(gate) == 429
    assert gate.admit("192.0.2.2", 0, open_connections=1)
    gate.leave(keys[0])
    assert gate.admit("192.0.2.1", 0, open_connections=1) == keys[0]
    assert refused_with(gate) == 429


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    gate = Admission(EdgeConfig(max_connections_per_address=1))
    gate.admit("2001:db8::1", 0, open_connections=1)

    assert refused_with(gate, "2001:db8::2") == 429
    assert gate.admit("2001:db8:0:1::1", 0, open_connections=1)


def test_an_address_connects_so_often_in_a_window() -> None:
    config = EdgeConfig(connects_per_address=2, connects_window_s=10)
    gate = Admission(config)
    for _ in range(2):
        gate.leave(gate.admit("192.0.2.1", 5, open_connections=1))

    assert refused_with(gate, now_tick=ticks_of(10) - 1) == 429
    assert gate.admit("192.0.2.2", 5, open_connections=1)
    assert gate.admit("192.0.2.1", ticks_of(10), open_connections=1)


def test_the_table_of_a_window_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_WINDOW_ADDRESSES", 2)
    gate = Admission(EdgeConfig(connects_per_address=1))
    gate.admit("192.0.2.1", 0, open_connections=1)
    assert refused_with(gate) == 429

    gate.admit("192.0.2.2", 0, open_connections=1)

    assert gate.admit("192.0.2.1", 0, open_connections=1), "the window began anew"
