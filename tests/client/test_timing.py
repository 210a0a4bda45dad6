"""The real clock moves on, and waits end with what they wait for."""

import asyncio

from apps.client.timing import SystemTiming


async def test_a_wait_ends_with_its_event() -> None:
    event = asyncio.Event()
    timing = SystemTiming()
    asyncio.get_running_loop().call_soon(event.set)

    await asyncio.wait_for(timing.wait(event, 60), 5)

    assert event.is_set()


async def test_a_wait_ends_with_its_time() -> None:
    timing = SystemTiming()
    before = timing.now()

    await timing.wait(asyncio.Event(), 0.01)
    await timing.sleep(0.01)
    await timing.wait(asyncio.Event(), -1)

    assert timing.now() - before >= 0.02


def test_unix_time_is_in_milliseconds() -> None:
    assert 1_600_000_000_000 < SystemTiming().unix_ms() < 1 << 48
