"""Virtual time and the trace: what happens when, in one order that the seed alone decides."""

import heapq
import random
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

TRACE_LINES = 200
"""Events kept for the report of a failure; older ones only count in the hash."""
EVENTS_MAX = 400_000
"""Events of one run; more of them mean that somebody talks without end."""


class Violation(AssertionError):
    """Something that must never happen did."""


class Kernel:
    """The heap of what is to happen. Times are microseconds of true time."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now_us = 0
        self.hash = 0
        self.events = 0
        self.recent: deque[tuple[int, tuple[object, ...]]] = deque(maxlen=TRACE_LINES)
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = 0

    def at(self, when_us: int, action: Callable[..., None], *args: Any) -> None:
        self._order += 1
        heapq.heappush(self._heap, (max(when_us, self.now_us), self._order, action, args))

    def after(self, delay_us: int, action: Callable[..., None], *args: Any) -> None:
        self.at(self.now_us + delay_us, action, *args)

    def note(self, *what: object) -> None:
        """Write down that something happened. `what` must print the same on every run."""
        self.hash = zlib.crc32(repr((self.now_us, what)).encode(), self.hash)
        self.recent.append((self.now_us, what))

    def run(self, until_us: int) -> None:
        heap = self._heap
        while heap and heap[0][0] <= until_us:
            self.now_us, _, action, args = heapq.heappop(heap)
            self.events += 1
            action(*args)
        self.now_us = until_us
        if self.events > EVENTS_MAX:
            raise Violation(f"{self.events} events in {until_us / 1e6:.1f} virtual seconds")

    def story(self) -> str:
        """The last events, one a line."""
        return "\n".join(f"{at / 1e6:10.6f}  {' '.join(map(str, what))}" for at, what in self.recent)
