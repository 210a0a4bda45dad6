"""Bounds of one session, and the token bucket that enforces rates. Times are milliseconds."""

from dataclasses import dataclass
from typing import Final

from apps.wire.frames import Heartbeat, Read, Received

LIGHT: Final = 0.1
COSTS: Final[dict[type, float]] = {Received: LIGHT, Read: LIGHT, Heartbeat: LIGHT}
"""What a frame takes from the rate, where it is not 1: these cost the server next to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each bound of a session, with what happens there. `docs/wire.md` tells clients the defaults."""

    sign_in_ms: int = 10_000
    """Without a `sign_in` in this time the socket closes with 4401."""

    heartbeat_ms: int = 30_000
    """The interval the welcome asks for. Longer saves radio time on phones, shorter notices dead peers sooner."""

    idle_ms: int = 75_000
    """Without any frame for this time (2.5 heartbeats: one may be lost) the socket closes with 4408."""

    in_flight: int = 64
    """Requests being carried out at once; one more is answered with `busy`."""

    unacked: int = 512
    """Pushed events that wait for `received`; at the bound the conversation with most of them gets `changed`."""

    held: int = 128
    """Pushes that wait for the welcome while signing in; at the bound events turn into `changed`."""

    resend_ms: int = 10_000
    """An event not acknowledged for this time is sent again."""

    resends: int = 3
    """After so many repetitions the conversation gets `changed` instead."""

    rate_per_s: float = 50
    burst: int = 200
    """Requests per second and at once; `received`, `read` and `heartbeat` cost a tenth. Then `rate_limited`."""

    user_rate_per_s: float = 100
    user_burst: int = 400
    """Messages per second and at once of all sessions of a user on one node together. Then `rate_limited`."""

    user_sessions: int = 50
    """Sessions of one user on one node; one more closes the oldest with 4429."""

    refusals_per_s: float = 5
    refusals_burst: int = 100
    """A client that goes on beyond so many `rate_limited` answers is closed with 4429."""

    strikes_per_s: float = 1 / 60
    strikes: int = 10
    """The last of so many frames that are not of the protocol closes with 4400; each minute forgives one."""

    busy_retry_ms: int = 500
    """What `busy` suggests to wait."""

    expiry_notice_ms: int = 60_000
    """A `closing` frame warns this long before the token expires."""

    flood_retry_ms: int = 10_000
    """What the `closing` frame suggests to a flooding client."""


class TokenBucket:
    """Holds up to `burst` tokens and gains `per_s` each second. A clock that jumps back gives and takes nothing."""

    __slots__ = ("_at_ms", "_burst", "_per_s", "_tokens")

    def __init__(self, *, per_s: float, burst: float, now_ms: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._at_ms = now_ms

    def take(self, cost: float, now_ms: int) -> bool:
        """Take `cost` tokens when there are so many; else take none and return False."""
        self._fill(now_ms)
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def wait_ms(self, cost: float, now_ms: int) -> int:
        """Return how long to wait until `cost` tokens are there; 0 when they are now."""
        self._fill(now_ms)
        missing = cost - self._tokens
        return 0 if missing <= 0 else int(missing * 1000 / self._per_s) + 1

    def is_full(self, now_ms: int) -> bool:
        """Whether a fresh bucket would be the same."""
        self._fill(now_ms)
        return self._tokens >= self._burst

    def _fill(self, now_ms: int) -> None:
        elapsed_ms = now_ms - self._at_ms
        if elapsed_ms > 0:
            self._tokens = min(self._burst, self._tokens + elapsed_ms * self._per_s / 1000)
        self._at_ms = now_ms
