"""The process measures how late its loop is and how long the collector stops it."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.metrics.families import Distribution, Value
from apps.metrics.registry import Registry
from apps.metrics.vitals import LOOK_EVERY_S, Vitals


class Loop:
    """A loop whose clock stands still."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.timers: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []
        self.cancelled = 0

    def time(self) -> float:
        return self.now_s

    def call_at(self, when_s: float, callback: Callable[..., None], *arguments: Any) -> "Loop":
        self.timers.append((when_s, callback, arguments))
        return self

    def cancel(self) -> None:
        self.cancelled += 1

    def fire(self, *, late_s: float) -> None:
        due_s, callback, arguments = self.timers.pop()
        self.now_s = due_s + late_s
        callback(*arguments)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    return loop


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def vitals(registry: Registry, loop: Loop) -> Iterator[Vitals]:
    vitals = Vitals(registry)
    vitals.start()
    yield vitals
    vitals.stop()


def value(registry: Registry, name: str, *labels: str) -> Value:
    return {family.name: family for family in registry.snapshot()}[name].samples[labels]


def distribution(registry: Registry, name: str, *labels: str) -> Distribution:
    found = value(registry, name, *labels)
    assert isinstance(found, Distribution)
    return found


def test_it_notes_how_late_each_timer_was(vitals: Vitals, loop: Loop, registry: Registry) -> None:
    for late_s in (0.0, 0.2, 0.004):
        loop.fire(late_s=late_s)

    lag = distribution(registry, "im_loop_lag_seconds")
    assert lag.count == 3
    assert lag.total == pytest.approx(0.204)
    assert loop.timers[0][0] == pytest.approx(loop.now_s + LOOK_EVERY_S)


def test_it_times_every_collection(vitals: Vitals, registry: Registry) -> None:
    before = distribution(registry, "im_gc_pause_seconds", "2").count

    gc.collect()

    pauses = distribution(registry, "im_gc_pause_seconds", "2")
    assert pauses.count == before + 1
    assert pauses.total > 0


def test_the_process_says_what_it_uses(vitals: Vitals, registry: Registry) -> None:
    resident, cpu = value(registry, "im_process_resident_bytes"), value(registry, "im_process_cpu_seconds_total")

    assert isinstance(resident, int)
    assert resident > 1_000_000
    assert isinstance(cpu, float)
    assert cpu > 0


def test_stopped_it_leaves_nothing_behind(vitals: Vitals, loop: Loop, registry: Registry) -> None:
    callbacks = len(gc.callbacks)

    vitals.stop()
    vitals.stop()

    assert len(gc.callbacks) == callbacks - 1
    assert loop.cancelled == 1


async def test_a_real_loop_is_measured() -> None:
    registry = Registry()
    vitals = Vitals(registry)
    loop = asyncio.get_running_loop()
    vitals.start()
    looked = asyncio.Event()

    loop.call_later(LOOK_EVERY_S * 1.5, looked.set)
    await looked.wait()
    vitals.stop()

    assert distribution(registry, "im_loop_lag_seconds").count >= 1
