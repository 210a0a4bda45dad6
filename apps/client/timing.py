"""The clock and the waiting of the client, so that tests can move time by hand."""

import asyncio
import time
from typing import Protocol


class Timing(Protocol):
    """A steady clock in seconds, and two ways to wait by it."""

    def now(self) -> float:
        """Return the present moment; only differences mean anything."""

    def unix_ms(self) -> int:
        """Return unix time in ms, for message ids."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait until `event` is set, at most this long."""


class SystemTiming:
    """The real clock."""

    def now(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def unix_ms(self) -> int:
        """Unix time in ms."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait until `event` is set, at most this long."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await event.wait()
        except TimeoutError:
            return
