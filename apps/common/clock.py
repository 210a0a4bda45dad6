"""The system clock, read in one place by the code that hands time to pure cores."""

import time
from datetime import UTC, datetime
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    """Return unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def to_datetime(time_ms: int) -> datetime:
    """Turn unix milliseconds into an aware UTC datetime, exactly."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=milliseconds * 1000)


def to_ms(moment: datetime) -> int:
    """Turn an aware datetime into unix milliseconds, rounding down."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def to_us(moment: datetime) -> int:
    """Turn an aware datetime into unix microseconds, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
