"""A node stops on a signal or when its supervisor is gone, and gives its sessions a bounded time."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator

import pytest

from apps.cluster.services import CannotStart
from apps.gateway import lifespan
from imsite.errors import NodeRemoved, OperatorError
from imsite.operating import monitoring
from imsite.serving import duties, lifetime


@pytest.fixture
def kept_handlers() -> Iterator[None]:
    """The handlers of pytest, put back afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_for_the_stop(kept_handlers: None, number: signal.Signals) -> None:
    stop = lifetime.StopRequest()
    stop.listen(asyncio.get_running_loop(), until_stdin_closes=False)

    signal.raise_signal(number)

    await asyncio.wait_for(stop.wait(), 5)


async def test_the_end_of_standard_input_asks_for_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(asked.set)

    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        thread = lifetime.call_when_stdin_closes(wake)
        os.write(writing, b"not the end")
        await asyncio.sleep(0)
        assert not asked.is_set()

        os.close(writing)

        await asyncio.wait_for(asked.wait(), 5)
        thread.join(60)


def test_a_signal_after_the_end_is_ignored(kept_handlers: None) -> None:
    loop = asyncio.new_event_loop()
    lifetime.StopRequest().listen(loop, until_stdin_closes=False)
    loop.close()

    signal.raise_signal(signal.SIGTERM)


async def test_sessions_that_do_not_finish_are_cut_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(lifetime, "DRAIN_TIMEOUT_S", 0.05)
    monkeypatch.setattr(lifespan, "shutdown", never)

    with caplog.at_level(logging.ERROR):
        await lifetime.drain_gateway()

    assert "did not finish in time" in caplog.text


async def test_the_gateway_is_started_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    async def startup(_on_fatal: object) -> None:
        calls.append("startup")

    async def shutdown() -> None:
        calls.append("shutdown")

    async def stop_measuring() -> None:
        calls.append("stop measuring")

    async def stop_jobs() -> None:
        calls.append("stop jobs")

    monkeypatch.setattr(monitoring, "start", lambda: calls.append("measure"))
    monkeypatch.setattr(monitoring, "stop", stop_measuring)
    monkeypatch.setattr(duties, "start", lambda: calls.append("jobs"))
    monkeypatch.setattr(duties, "stop", stop_jobs)
    monkeypatch.setattr(lifespan, "startup", startup)
    monkeypatch.setattr(lifespan, "shutdown", shutdown)

    await lifetime.open_gateway(lifetime.StopRequest())
    await lifetime.drain_gateway()

    assert calls == ["measure", "startup", "jobs", "stop jobs", "shutdown", "stop measuring"]


async def test_a_node_that_cannot_enter_its_cluster_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def startup(_on_fatal: object) -> None:
        raise CannotStart("port 8002 is taken")

    monkeypatch.setattr(lifespan, "startup", startup)

    with pytest.raises(OperatorError, match="port 8002 is taken"):
        await lifetime.open_gateway(lifetime.StopRequest())


async def test_a_node_that_has_to_leave_its_cluster_stops_with_the_reason(kept_handlers: None) -> None:
    stop = lifetime.StopRequest()
    stop.listen(asyncio.get_running_loop(), until_stdin_closes=False)

    await asyncio.to_thread(stop.fail, "storage", "the disk is full")
    await asyncio.wait_for(stop.wait(), 5)

    with pytest.raises(OperatorError, match=r"the disk is full \(storage\)") as failure:
        stop.raise_failure()
    assert failure.value.exit_code == 1


async def test_a_node_that_was_removed_says_so_by_its_exit_code(kept_handlers: None) -> None:
    stop = lifetime.StopRequest()
    stop.listen(asyncio.get_running_loop(), until_stdin_closes=False)

    await asyncio.to_thread(stop.fail, "removed", "delete its folder to join as a new node")
    await asyncio.wait_for(stop.wait(), 5)

    with pytest.raises(NodeRemoved, match="delete its folder") as failure:
        stop.raise_failure()
    assert failure.value.exit_code == 3


def test_a_stop_that_was_asked_for_is_no_failure() -> None:
    lifetime.StopRequest().raise_failure()
