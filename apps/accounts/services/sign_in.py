"""Slowing down people who guess passwords.

Failures are counted per name and address, per name, and per address, in this process: a cluster of n nodes allows n
times as many, which argon2 and the password rules make no difference to. Successes are free, so programs may sign in
as often as they need.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from math import ceil
from typing import Final

from apps.accounts.errors import SignInLimited
from apps.common.text import normalized_identifier

WINDOW_S: Final = 300.0
MAX_PER_NAME_AND_ADDRESS: Final = 10
MAX_PER_NAME: Final = 100
"""Higher than the bound above, so that a stranger can't lock a user out of her own account from one address."""

MAX_PER_ADDRESS: Final = 200
MAX_KEYS: Final = 20_000
"""About 4 MB. At the bound the counters touched longest ago are forgotten."""

Key = tuple[str, str, str]


class SignInGuard:
    """Counts failed sign-ins. `clock` returns seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[Key, tuple[int, float]] = OrderedDict()

    def check(self, *, login: str, address: str) -> None:
        """Raises SignInLimited, with the seconds to wait, when there were too many failures lately."""
        now = self._clock()
        with self._lock:
            waits = [self._wait(key, limit, now) for key, limit in _keys(login, address)]
        if (wait := max(waits)) > 0:
            error = SignInLimited(seconds=ceil(wait))
            error.retry_after_ms = ceil(wait * 1000)
            raise error

    def note_failure(self, *, login: str, address: str) -> None:
        """Count one failure; its window begins with the first of a series."""
        now = self._clock()
        with self._lock:
            for key, _limit in _keys(login, address):
                count, began = self._failures.pop(key, (0, now))
                if now - began >= WINDOW_S:
                    count, began = 0, now
                self._failures[key] = (count + 1, began)
            while len(self._failures) > MAX_KEYS:
                self._failures.popitem(last=False)

    def note_success(self, *, login: str, address: str) -> None:
        """Forget the failures of this name at this address: someone mistyped and then got it right."""
        with self._lock:
            self._failures.pop(next(_keys(login, address))[0], None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._failures.clear()

    def _wait(self, key: Key, limit: int, now: float) -> float:
        count, began = self._failures.get(key, (0, now))
        return began + WINDOW_S - now if count >= limit else 0.0


def _keys(login: str, address: str) -> Iterator[tuple[Key, int]]:
    name = normalized_identifier(login)[:160]
    yield ("both", name, address), MAX_PER_NAME_AND_ADDRESS
    yield ("name", name, ""), MAX_PER_NAME
    yield ("address", "", address), MAX_PER_ADDRESS


guard: Final = SignInGuard()
"""The guard of this process."""
