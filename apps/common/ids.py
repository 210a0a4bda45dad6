"""Keys of our own rows: UUID version 7 (RFC 9562 §5.7), so that new rows land side by side in an index."""

import secrets
import time
from uuid import UUID

_RANDOM_BITS = 74


def make_uuid7(*, time_ms: int, random_bits: int) -> UUID:
    """Build a UUIDv7 from unix time in ms (48 bits) and 74 random bits. Raises ValueError when either does not fit."""
    if not 0 <= time_ms < 1 << 48:
        raise ValueError(f"time {time_ms} ms does not fit 48 bits")
    if not 0 <= random_bits < 1 << _RANDOM_BITS:
        raise ValueError(f"random part does not fit {_RANDOM_BITS} bits")
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return UUID(int=(time_ms << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)


def new_id() -> UUID:
    """Return a fresh UUIDv7 from the system clock and the system's random source."""
    return make_uuid7(time_ms=time.time_ns() // 1_000_000, random_bits=secrets.randbits(_RANDOM_BITS))
