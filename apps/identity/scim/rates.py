"""How fast one connection may ask: a bucket of requests that fills again. Pure but for the clock it is given."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import ceil
from typing import Final

PER_S: Final = 25.0
BURST: Final = 100.0
"""Requests at once, and per second after that, of one connection at one process."""
MAX_KEYS: Final = 2_000
"""Connections that are counted; at the bound the one that asked longest ago begins anew."""


class Rates:
    """Counts requests by connection. `clock` returns seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: Hashable) -> int:
        """Count one request; return 0 if it may be answered, else in how many seconds to ask again."""
        now = self._clock()
        with self._lock:
            left, at = self._buckets.pop(key, (BURST, now))
            left = min(BURST, left + (now - at) * PER_S)
            wait = 0 if left >= 1 else ceil((1 - left) / PER_S)
            self._buckets[key] = (left if wait else left - 1, now)
            while len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)
        return wait
