"""Work is done again and again in a thread of its own, and goes on after it failed."""

import logging
import threading
from collections.abc import Callable

import pytest

from apps.metrics import repeater as module
from apps.metrics.repeater import Repeater

SOON_S = 0.001
WITHIN_S = 10.0


def repeated(work: Callable[[], None]) -> Repeater:
    return Repeater("metrics test", SOON_S, work)


def test_it_goes_on_until_it_is_stopped() -> None:
    calls, often = [], threading.Event()

    def work() -> None:
        calls.append(threading.current_thread())
        if len(calls) == 3:
            often.set()

    repeater = repeated(work)
    repeater.start()
    assert often.wait(WITHIN_S)
    repeater.stop()
    count = len(calls)

    assert threading.current_thread() not in calls
    assert not calls[0].is_alive()
    assert len(calls) == count


def test_a_failure_is_logged_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    fails = iter([True, True, False, True])

    def work() -> None:
        if next(fails):
            raise OSError("no route")

    repeater = repeated(work)
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            repeater.call()

    assert [record.getMessage() for record in caplog.records if record.name == module.logger.name] == [
        "metrics test fails and is tried again every 0.001 s: OSError('no route')"
    ] * 2


def test_stopping_does_not_wait_for_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN_S", 0.0)
    begun, released = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        released.wait(WITHIN_S)

    repeater = repeated(work)
    repeater.start()
    assert begun.wait(WITHIN_S)
    repeater.stop()

    assert not released.is_set()
    released.set()
