"""What connections share: one spare reader, and the knowledge that all are gone."""

import asyncio

import pytest

from apps.edge.config import EdgeConfig
from apps.edge.shared import Shared, timing_of
from tests.edge.doubles import FailingSink


def test_timeouts_are_counted_in_ticks_and_zero_is_off() -> None:
    timing = timing_of(EdgeConfig(ping_interval_s=0, handshake_timeout_s=10, close_timeout_s=0.1, stall_timeout_s=0))

    assert (timing.ping, timing.handshake, timing.close, timing.stall) == (0, 40, 1, 0)


def test_a_borrowed_reader_is_lent_once() -> None:
    shared = Shared(EdgeConfig())

    first, second = shared.borrow_reader(), shared.borrow_reader()
    shared.give_back(first)

    assert first is not second
    assert shared.borrow_reader() is first


async def test_a_server_is_empty_once_the_last_connection_has_left() -> None:
    shared = Shared(EdgeConfig())
    shared.enter()
    waiting = asyncio.create_task(shared.emptied(60))
    await asyncio.sleep(0)
    before = waiting.done()

    shared.leave("")
    await waiting

    assert (before, shared.counters.open) == (False, 0)


async def test_the_wait_for_the_last_connection_is_bounded() -> None:
    shared = Shared(EdgeConfig())
    shared.enter()

    await shared.emptied(0)

    assert shared.counters.open == 1


async def test_applications_are_waited_for_as_well() -> None:
    shared, go = Shared(EdgeConfig()), asyncio.Event()
    task = asyncio.create_task(go.wait())
    shared.tasks.add(task)
    asyncio.get_running_loop().call_soon(go.set)

    await shared.emptied(60)

    assert task.done()


def test_a_sink_that_fails_at_its_end_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    shared, sink = Shared(EdgeConfig()), FailingSink()

    shared.tell_closed(sink, 1006)

    assert (sink.closed_codes, shared.counters.failures) == ([1006], 1)
    assert "LookupError" in caplog.text
