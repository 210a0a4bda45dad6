"""How long to wait before the next try: exponential, bounded, spread by jitter so that clients don't return at once.

Pure: the jitter comes in as a function, and nobody waits here.
"""

import random
from collections.abc import Callable

_LARGEST_EXPONENT = 32


class Backoff:
    """Pauses of one thing that is tried again and again; `reset` after a success."""

    def __init__(
        self, *, base_s: float = 0.25, cap_s: float = 20.0, jitter: Callable[[], float] = random.random
    ) -> None:
        if not 0 <= base_s <= cap_s:
            raise ValueError(f"back-off needs 0 <= base_s <= cap_s, not {base_s} and {cap_s}")
        self.failures = 0
        self._base_s = base_s
        self._cap_s = cap_s
        self._jitter = jitter

    def next_pause_s(self, *, at_least_s: float = 0.0) -> float:
        """Count one more failure and return the seconds to wait: half fixed, half random, never under `at_least_s`."""
        pause_s = pause_after(self.failures, base_s=self._base_s, cap_s=self._cap_s, jitter=self._jitter())
        self.failures += 1
        return max(at_least_s, pause_s)

    def reset(self) -> None:
        """Forget the failures so far."""
        self.failures = 0


def pause_after(failures: int, *, base_s: float, cap_s: float, jitter: float) -> float:
    """Return the seconds to wait after `failures` earlier failures; `jitter` in [0, 1) picks from the upper half."""
    full_s = min(cap_s, base_s * 2.0 ** min(failures, _LARGEST_EXPONENT))
    return full_s * (0.5 + jitter / 2)
