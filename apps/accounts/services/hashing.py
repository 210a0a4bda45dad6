"""Checking a password is dear on purpose; here is how many may be checked at the same time.

Argon2 takes about 100 MB and a tenth of a second of a core for each. Without a bound a morning's rush of sign-ins
would take the memory and the processor from those who are signed in already. Who has to wait holds nothing meanwhile.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from apps.accounts.errors import SignInBusy

AT_ONCE: Final = 2
"""In one process."""
MAX_WAITING: Final = 32
"""Threads that wait for their turn; further ones are refused at once."""
WAIT_S: Final = 5.0
"""How long one waits; then she is refused, too."""


class HashingSlots:
    """Hands out turns, to threads, in no particular order."""

    def __init__(self, *, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING, wait_s: float = WAIT_S) -> None:
        self._free = threading.Semaphore(at_once)
        self._max_waiting = max_waiting
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._waiting = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have a turn for as long as the block takes. Raises SignInBusy at either bound."""
        if not self._free.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._free.release()

    def _wait(self) -> None:
        with self._lock:
            if self._waiting >= self._max_waiting:
                raise SignInBusy
            self._waiting += 1
        try:
            if not self._free.acquire(timeout=self._wait_s):
                raise SignInBusy
        finally:
            with self._lock:
                self._waiting -= 1


slots: Final = HashingSlots()
"""The turns of this process."""
