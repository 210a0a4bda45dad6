"""The bounded queue of what one peer has not taken yet. It exists only while the peer does not keep up.

Beyond `congested_bytes` the connection is told to leave out what can be repaired later; beyond `limit_bytes` there is
no room any more. Not here: how a frame is written, which is the matter of what is behind the queue.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of what waits for one peer; its server and the kernel buffer some 100 KB more."""

    congested_bytes: int = 256 * 1024
    """From here on events are left out and the peer is told to sync them once it has caught up."""

    relaxed_bytes: int = 32 * 1024
    """Below this it has caught up."""

    limit_bytes: int = 1024 * 1024
    limit_frames: int = 4096
    """Answers count too; at either bound the connection closes with 4413."""

    stuck_s: float = 30
    """A peer that takes nothing for so long is given up."""


Ending = tuple[int, str]
"""Close code and reason: the last thing that is sent."""

Item = str | Ending


class Outbox(ABC):
    """A bounded queue in front of what writes to the peer. Lives in one event loop."""

    __slots__ = ("_bounds", "_bytes", "_caught_up", "_queue", "_sealed", "_waiting_since_s", "congested")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._bytes = 0
        self._queue: deque[Item] | None = None
        self._sealed = False
        self._caught_up: asyncio.Event | None = None
        self._waiting_since_s = 0.0
        self.congested = False
        """True from the bound on, until the peer has caught up."""

    @abstractmethod
    def put_text(self, text: str) -> None:
        """Send a frame after those before it."""

    @abstractmethod
    def put_close(self, code: int, reason: str) -> None:
        """Close the socket after the frames before; whatever is put later is dropped."""

    @abstractmethod
    def pour(self) -> bool:
        """Write what can be written by now; True when the peer has just caught up."""

    @abstractmethod
    def cut(self) -> None:
        """Cut the peer off."""

    @abstractmethod
    async def abandon(self) -> None:
        """Drop everything and let go of the socket: the peer is gone."""

    @property
    def has_room(self) -> bool:
        """False once a bound is reached; the connection must end then."""
        queue = self._queue
        return queue is None or (self._bytes < self._bounds.limit_bytes and len(queue) < self._bounds.limit_frames)

    @property
    def is_waiting(self) -> bool:
        """Whether the peer has to take something before more can be written."""
        return self._waiting_since_s > 0

    @property
    def waiting_bytes(self) -> int:
        """How much waits here."""
        return self._bytes

    def clear(self) -> None:
        """Drop what waits; what is being written goes on."""
        self._queue = None
        self._bytes = 0

    def is_stuck(self, now_s: float) -> bool:
        """Tell whether the peer has taken nothing for too long, by the loop's clock."""
        return self.is_waiting and now_s - self._waiting_since_s > self._bounds.stuck_s

    async def caught_up(self) -> None:
        """Wait until the peer keeps up, or nothing more can be sent to it. At once when it keeps up."""
        if self.congested and not self._sealed:
            self._caught_up = self._caught_up or asyncio.Event()
            await self._caught_up.wait()

    def _append(self, item: Item) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(item)
        self._bytes += _size_of(item)
        self.congested = self.congested or self._bytes > self._bounds.congested_bytes

    def _next(self) -> Item | None:
        """Take the next item that waits."""
        if not self._queue:
            self._queue = None
            return None
        item = self._queue.popleft()
        self._bytes -= _size_of(item)
        return item

    def _relax(self) -> bool:
        """Note that the peer takes what is sent; True when it has just caught up."""
        if not self.congested or self._bytes > self._bounds.relaxed_bytes:
            return False
        self.congested = False
        self._release()
        return True

    def _seal(self) -> None:
        self._sealed = True
        self._release()

    def _release(self) -> None:
        if self._caught_up is not None:
            self._caught_up.set()
            self._caught_up = None


def _size_of(item: Item) -> int:
    return len(item) if isinstance(item, str) else 0
