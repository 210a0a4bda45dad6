"""Instruments count right, from any thread, at any switch between threads, and whatever labels people make up."""

import dis
import sys
import types
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from apps.metrics.families import Distribution
from apps.metrics.instruments import (
    MAX_SERIES,
    OTHER,
    Counter,
    Gauge,
    Histogram,
    LabelledCounter,
    LabelledGauge,
    LabelledHistogram,
    SilentCounter,
    SilentGauge,
    SilentHistogram,
)

THREADS, ROUNDS = 4, 20_000


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def hammer(work: Callable[[], None]) -> None:
    def repeat() -> None:
        for _ in range(ROUNDS):
            work()

    threads = [Thread(target=repeat) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_addition_of_any_thread_is_lost(restless: None) -> None:
    counter, gauge, histogram = Counter(), Gauge(), Histogram((1.0,))

    def work() -> None:
        counter.add()
        gauge.add(2)
        histogram.observe(0.5)

    hammer(work)

    assert counter.read() == THREADS * ROUNDS
    assert gauge.read() == 2 * THREADS * ROUNDS
    assert histogram.read() == Distribution((1.0,), (THREADS * ROUNDS, 0), 0.5 * THREADS * ROUNDS)


@pytest.mark.parametrize("method", [Counter.add, Gauge.add, Histogram.observe])
def test_no_thread_can_come_in_between_reading_and_writing(method: types.FunctionType) -> None:
    """What the interpreter looks for other threads at: calls, and jumps backward."""
    names = [each.opname for each in dis.get_instructions(method)]

    calls = [place for place, name in enumerate(names) if name.startswith(("CALL", "JUMP_BACKWARD"))]
    additions = [place for place, name in enumerate(names) if name == "BINARY_OP"]

    assert additions
    for addition in additions:
        store = next(place for place in range(addition, len(names)) if names[place].startswith("STORE_"))
        load = max(place for place in range(addition) if names[place] in {"LOAD_ATTR", "BINARY_SUBSCR"})
        assert not [place for place in calls if load < place < store]


def test_a_gauge_is_what_it_was_set_to() -> None:
    gauge = Gauge()

    gauge.set(5)
    gauge.add(-2)

    assert gauge.read() == 3


def test_a_bound_belongs_to_its_own_bucket() -> None:
    histogram = Histogram((1.0, 2.0))

    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)

    assert histogram.read().counts == (2, 2, 1)


def test_labels_keep_values_apart_in_whatever_order_they_are_named() -> None:
    counters = LabelledCounter(("op", "code"), Counter)

    counters.add(1, op="send", code="busy")
    counters.add(2, code="busy", op="send")
    counters.add(4, op="busy", code="send")

    found = {labels: child.read() for labels, child in counters.children().items()}
    assert found == {("send", "busy"): 3, ("busy", "send"): 4}


def test_gauges_and_histograms_have_labels_too() -> None:
    gauges = LabelledGauge(("pool",), Gauge)
    histograms = LabelledHistogram(("pool",), lambda: Histogram((1.0,)))

    gauges.set(3, pool="a")
    histograms.observe(0.5, pool="a")

    assert gauges.children()["a",].read() == 3
    assert histograms.children()["a",].read().count == 1


def test_what_is_kept_counts_with_the_others_of_its_labels() -> None:
    counters = LabelledCounter(("op",), Counter)

    kept = counters.labelled(op="send")
    kept.add()
    counters.add(op="send")

    assert kept.read() == 2
    assert counters.labelled(op="send") is kept


@pytest.mark.parametrize("labels", [{}, {"code": "x"}, {"op": "send", "code": "x"}])
def test_other_labels_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="the labels are op"):
        LabelledCounter(("op",), Counter).labelled(**labels)


def test_labels_without_bound_count_together() -> None:
    counters = LabelledCounter(("op",), Counter)

    for number in range(MAX_SERIES + 3):
        counters.add(op=str(number))
    counters.add(op="0")
    counters.add(op=1)  # type: ignore[arg-type]  # a code, say: as good as its text

    found = counters.children()
    assert len(found) == MAX_SERIES + 1
    assert found[OTHER,].read() == 3
    assert found["0",].read() == found["1",].read() == 2


def test_silent_ones_stay_at_nothing() -> None:
    counter, gauge, histogram = SilentCounter(), SilentGauge(), SilentHistogram((1.0,))

    counter.add(5)
    gauge.set(5)
    gauge.add(5)
    histogram.observe(5)

    assert (counter.read(), gauge.read(), histogram.read().count) == (0, 0, 0)
