"""Messages that wait for a serving owner or a link, bounded in bytes and in time."""

from dataclasses import dataclass

from apps.cluster.core.routing.frames import Put, Route

OVERHEAD_BYTES = 200
"""Counted for each message beside its payload and names."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One message. `since_ms`: when it began to wait, all hops together, on this node's clock."""

    frame: Route | Put
    since_ms: int


class Parking:
    """Waiting messages in the order in which they came."""

    def __init__(self, limit_bytes: int, limit_ms: int) -> None:
        self._limit_bytes = limit_bytes
        self._limit_ms = limit_ms
        self._waiting: list[Parked] = []
        self._oldest_ms = 0
        self.waiting_bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, parked: Parked) -> bool:
        """Let a message wait; False when there is no room for it."""
        size = _size(parked.frame)
        if self.waiting_bytes + size > self._limit_bytes:
            return False
        self._oldest_ms = min(self._oldest_ms, parked.since_ms) if self._waiting else parked.since_ms
        self.waiting_bytes += size
        self._waiting.append(parked)
        return True

    def take_all(self) -> list[Parked]:
        """Return everything that waits, to be tried again: whatever must wait on keeps its `since_ms`."""
        waiting, self._waiting = self._waiting, []
        self.waiting_bytes = 0
        return waiting

    def take_expired(self, now_ms: int) -> list[Parked]:
        """Return what has waited too long."""
        limit_ms = now_ms - self._limit_ms
        if not self._waiting or self._oldest_ms > limit_ms:
            return []
        waiting = self.take_all()
        for parked in waiting:
            if parked.since_ms > limit_ms:
                self.add(parked)
        return [parked for parked in waiting if parked.since_ms <= limit_ms]


def _size(frame: Route | Put) -> int:
    return len(frame.payload) + OVERHEAD_BYTES + (sum(map(len, frame.groups)) if isinstance(frame, Route) else 0)
