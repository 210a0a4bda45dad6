"""A name means one thing, and whoever asks gets everything that can be read now."""

import pytest

from apps.metrics.families import Distribution, Family, Kind
from apps.metrics.registry import FAILED_READS, MetricConflict, Registry


@pytest.fixture
def registry() -> Registry:
    return Registry()


def found(registry: Registry) -> dict[str, Family]:
    families = registry.snapshot()
    assert [family.name for family in families] == sorted(family.name for family in families)
    return {family.name: family for family in families}


def test_everything_measured_is_in_the_snapshot(registry: Registry) -> None:
    registry.counter("im_sent_total", "Sent.").add(3)
    registry.counter("im_frames_total", "Frames.", ("op",)).add(op="send")
    registry.gauge("im_open", "Open.").set(7)
    registry.gauge("im_held", "Held.", ("pool",)).set(2, pool="a")
    registry.histogram("im_wait_seconds", "Wait.", buckets=(1.0,)).observe(0.5)
    registry.histogram("im_size", "Size.", ("kind",), buckets=(1.0,)).observe(2.0, kind="x")

    families = found(registry)

    assert families["im_sent_total"] == Family("im_sent_total", "Sent.", Kind.COUNTER, (), {(): 3})
    assert families["im_frames_total"].samples == {("send",): 1}
    assert families["im_open"] == Family("im_open", "Open.", Kind.GAUGE, (), {(): 7})
    assert families["im_held"].samples == {("a",): 2}
    assert families["im_wait_seconds"].samples == {(): Distribution((1.0,), (1, 0), 0.5)}
    assert families["im_size"].samples == {("x",): Distribution((1.0,), (0, 1), 2.0)}


def test_asking_twice_gives_the_same_instrument(registry: Registry) -> None:
    assert registry.counter("im_a_total", "A.") is registry.counter("im_a_total", "A.")
    assert registry.gauge("im_a", "A.", ("b",)) is registry.gauge("im_a", "A.", ("b",))
    assert registry.histogram("im_a_seconds", "A.") is registry.histogram("im_a_seconds", "A.")


def test_one_name_means_one_thing(registry: Registry) -> None:
    registry.gauge("im_a", "A.")
    registry.histogram("im_b", "B.", buckets=(1.0,))

    with pytest.raises(MetricConflict, match="im_a is measured already"):
        registry.gauge("im_a", "A.", ("label",))
    with pytest.raises(MetricConflict, match="im_a is measured already"):
        registry.observe_gauge("im_a", "A.", lambda: 1)
    with pytest.raises(MetricConflict, match="im_b is measured already"):
        registry.histogram("im_b", "B.", buckets=(2.0,))


@pytest.mark.parametrize("name", ["", "Im_a", "im-a", "im__a", "_im", "im_", "1m"])
def test_a_name_is_of_words(registry: Registry, name: str) -> None:
    with pytest.raises(MetricConflict, match="no name of a metric"):
        registry.gauge(name, "A.")


def test_counters_and_nothing_else_end_in_total(registry: Registry) -> None:
    with pytest.raises(MetricConflict, match="end in _total"):
        registry.counter("im_sent", "Sent.")
    with pytest.raises(MetricConflict, match="end in _total"):
        registry.gauge("im_open_total", "Open.")


@pytest.mark.parametrize("buckets", [(), (2.0, 1.0), (1.0, 1.0)])
def test_bounds_ascend(registry: Registry, buckets: tuple[float, ...]) -> None:
    with pytest.raises(MetricConflict, match="do not ascend"):
        registry.histogram("im_a", "A.", buckets=buckets)


def test_what_is_observed_is_read_when_asked(registry: Registry) -> None:
    values = [1.0]
    registry.observe_gauge("im_open", "Open.", lambda: values[0])
    registry.observe_counter("im_frames_total", "Frames.", lambda: {("in",): 4, ("out",): 5}, ("way",))

    values[0] = 2.0

    assert found(registry)["im_open"].samples == {(): 2.0}
    assert found(registry)["im_frames_total"].samples == {("in",): 4, ("out",): 5}


def test_the_last_observer_counts(registry: Registry) -> None:
    registry.observe_gauge("im_open", "Open.", lambda: 1)
    registry.observe_gauge("im_open", "Open.", lambda: 2)

    assert found(registry)["im_open"].samples == {(): 2}


def test_what_is_not_there_is_left_out(registry: Registry) -> None:
    registry.observe_gauge("im_open", "Open.", lambda: None)
    registry.observe_gauge("im_held", "Held.", dict, ("pool",))
    registry.counter("im_frames_total", "Frames.", ("op",))

    assert set(found(registry)) == {FAILED_READS}


def test_what_cannot_be_read_spoils_nothing_else(registry: Registry) -> None:
    def fail() -> float:
        raise RuntimeError

    registry.gauge("im_a", "A.").set(1)
    registry.observe_gauge("im_b", "B.", fail)
    registry.gauge("im_c", "C.").set(2)

    assert {"im_a", "im_c"} <= set(found(registry))
    assert found(registry)[FAILED_READS].samples == {(): 2}


def test_silenced_it_measures_nothing(registry: Registry) -> None:
    registry.silence()
    counter, gauge, histogram = (
        registry.counter("im_a_total", "A."),
        registry.gauge("im_b", "B."),
        registry.histogram("im_c", "C."),
    )

    counter.add()
    gauge.set(1)
    histogram.observe(1)

    assert (counter.read(), gauge.read(), histogram.read().count) == (0, 0, 0)
    assert registry.snapshot() == []
