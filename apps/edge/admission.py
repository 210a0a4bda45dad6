"""Who may connect: bounds on all connections, on those of one address, and on how fast one address comes back.

Keeps numbers and counts only; what a refused peer is told is the handshake's.
"""

from collections import Counter
from typing import Final

from apps.edge.config import EdgeConfig
from apps.edge.protocol.proxies import counting_key
from apps.edge.protocol.request import Refused
from apps.edge.wheel import ticks_of

MAX_WINDOW_ADDRESSES: Final = 100_000
"""Addresses whose connects are counted in one window. At the bound the window begins anew: under a flood from that
many addresses a limit per address helps nobody, and the table must not grow."""


class Admission:
    """The counts of one server. `admit` each client once its address is known, `leave` when it is gone."""

    __slots__ = ("_config", "_connects", "_open", "_window_ends_tick", "_window_ticks")

    def __init__(self, config: EdgeConfig) -> None:
        self._config = config
        self._open: Counter[str] = Counter()
        self._connects: Counter[str] = Counter()
        self._window_ticks = ticks_of(config.connects_window_s)
        self._window_ends_tick = self._window_ticks

    def admit(self, address: str, now_tick: int, *, open_connections: int) -> str:
        """Count a client in and return the key to `leave` with, "" if nothing is counted. Raises Refused."""
        config = self._config
        if config.max_connections and open_connections > config.max_connections:
            raise self._refused(503, "the server has as many connections as it takes")
        if not config.max_connections_per_address and not config.connects_per_address:
            return ""
        key = counting_key(address)
        if config.connects_per_address and self._count_connect(key, now_tick) > config.connects_per_address:
            raise self._refused(429, "this address connects too often")
        if config.max_connections_per_address and self._open[key] >= config.max_connections_per_address:
            raise self._refused(429, "this address has as many connections as it may")
        self._open[key] += 1
        return key

    def leave(self, key: str) -> None:
        """Count out a client that was admitted with this key."""
        if key:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def _count_connect(self, key: str, now_tick: int) -> int:
        if now_tick >= self._window_ends_tick or len(self._connects) >= MAX_WINDOW_ADDRESSES:
            self._connects.clear()
            self._window_ends_tick = now_tick + self._window_ticks
        self._connects[key] += 1
        return self._connects[key]

    def _refused(self, status: int, reason: str) -> Refused:
        return Refused(status, reason, ((b"retry-after", str(self._config.retry_after_s).encode()),))
