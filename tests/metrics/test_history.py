"""The last minutes of chosen figures: rates between points, what was typical in between, and no more than a ring."""

import pytest

from apps.metrics.history import History, How, Track
from apps.metrics.registry import Registry

START_MS = 1_700_000_000_000


class Recorded:
    """A history of a registry, recorded every two seconds."""

    def __init__(self, *tracks: Track, points: int = 10) -> None:
        self.registry = Registry()
        self.history = History(points)
        self.history.follow(tracks)
        self.now_ms = START_MS

    def record(self, *, after_ms: int = 2_000) -> None:
        self.now_ms += after_ms
        self.history.record(self.registry.snapshot(), self.now_ms)

    def figures(self, since_ms: int = 0) -> list[list[float | None]]:
        return [point[1:] for point in self.history.since(since_ms)["points"]]


def test_rates_are_per_second_and_need_a_point_before() -> None:
    recorded = Recorded(Track("sent", "im_sent_total", "rate"))
    counter = recorded.registry.counter("im_sent_total", "Sent.")
    counter.add(100)

    recorded.record()
    counter.add(50)
    recorded.record()
    recorded.record()

    assert recorded.figures() == [[None], [25.0], [0.0]]


def test_labels_count_together_unless_one_is_named() -> None:
    recorded = Recorded(
        Track("all", "im_frames_total", "rate"), Track("sends", "im_frames_total", "rate", label=("op", "send"))
    )
    frames = recorded.registry.counter("im_frames_total", "Frames.", ("op",))

    recorded.record()
    frames.add(2, op="send")
    frames.add(4, op="read")
    recorded.record()

    assert recorded.figures()[1] == [3.0, 1.0]


def test_values_are_what_they_are_and_may_be_missing() -> None:
    recorded = Recorded(Track("open", "im_open", "value", scale=10), Track("gone", "im_gone", "value"))
    recorded.registry.gauge("im_open", "Open.").set(7)

    recorded.record()

    assert recorded.figures() == [[70, None]]


def test_distributions_tell_what_came_since_the_last_point() -> None:
    hows: tuple[How, ...] = ("p50", "p99", "mean", "rate")
    recorded = Recorded(*(Track(how, "im_wait_seconds", how, scale=1000) for how in hows))
    waits = recorded.registry.histogram("im_wait_seconds", "Wait.", buckets=(1.0, 2.0))
    waits.observe(1.5)

    recorded.record()
    waits.observe(0.5)
    waits.observe(0.5)
    recorded.record()
    recorded.record()

    assert recorded.figures() == [[None] * 4, [500, 990, 500, 1000], [None, None, None, 0]]


def test_distributions_of_several_labels_count_together() -> None:
    recorded = Recorded(Track("mean", "im_wait_seconds", "mean"))
    waits = recorded.registry.histogram("im_wait_seconds", "Wait.", ("way",), buckets=(1.0,))

    recorded.record()
    waits.observe(1, way="in")
    waits.observe(3, way="out")
    recorded.record()

    assert recorded.figures()[1] == [2.0]


def test_a_ring_drops_the_oldest() -> None:
    recorded = Recorded(Track("open", "im_open", "value"), points=3)
    gauge = recorded.registry.gauge("im_open", "Open.")

    for value in range(5):
        gauge.set(value)
        recorded.record()

    assert recorded.figures() == [[2], [3], [4]]


def test_whoever_has_some_asks_for_the_rest() -> None:
    recorded = Recorded(Track("open", "im_open", "value"))
    recorded.registry.gauge("im_open", "Open.").set(1)
    recorded.record()
    recorded.record()

    assert recorded.history.since(START_MS + 2_000) == {"keys": ["open"], "points": [[START_MS + 4_000, 1]]}
    assert recorded.history.since(START_MS + 4_000)["points"] == []


@pytest.mark.parametrize("back_ms", [0, -60_000])
def test_a_clock_set_back_makes_no_rate(back_ms: int) -> None:
    recorded = Recorded(Track("sent", "im_sent_total", "rate"))
    counter = recorded.registry.counter("im_sent_total", "Sent.")
    recorded.record()

    counter.add(5)
    recorded.record(after_ms=back_ms)

    assert recorded.figures()[-1] == [None]
