"""A StatsD server hears what has changed since it was last told."""

import socket
from collections.abc import Callable, Iterator

import pytest

from apps.metrics.adapters.statsd import StatsdPusher
from tests.metrics.snapshots import filled


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        yield server


@pytest.fixture
def pusher(server: socket.socket) -> Iterator[StatsdPusher]:
    pusher = StatsdPusher("127.0.0.1", server.getsockname()[1], tags=["node:alpha"])
    yield pusher
    pusher.close()


@pytest.fixture
def heard(server: socket.socket) -> Callable[[], set[str]]:
    return lambda: set(server.recv(65_536).decode().split("\n")) - {""}


def test_counters_gauges_and_histograms_are_told_with_their_labels(
    pusher: StatsdPusher, heard: Callable[[], set[str]]
) -> None:
    pusher.push(filled().snapshot())

    assert heard() >= {
        "im_sent_total:3|c|#node:alpha",
        "im_frames_total:2|c|#op:se_nd,node:alpha",
        "im_open:7.5|g|#node:alpha",
        "im_wait_seconds.count:4|c|#way:in,node:alpha",
        "im_wait_seconds.sum:5.75|c|#way:in,node:alpha",
        "im_wait_seconds.p50:0.75|g|#way:in,node:alpha",
        "im_wait_seconds.p99:1.0|g|#way:in,node:alpha",
    }


def test_then_only_what_has_changed_is(pusher: StatsdPusher, heard: Callable[[], set[str]]) -> None:
    registry = filled()
    pusher.push(registry.snapshot())
    heard()
    registry.counter("im_sent_total", "Messages sent.").add(4)
    registry.histogram("im_wait_seconds", "Waits.", ("way",), buckets=(0.5, 1.0)).observe(0.5, way="in")

    pusher.push(registry.snapshot())

    told = heard()
    assert {line for line in told if "|c" in line} == {
        "im_sent_total:4|c|#node:alpha",
        "im_wait_seconds.count:1|c|#way:in,node:alpha",
        "im_wait_seconds.sum:0.5|c|#way:in,node:alpha",
    }
    assert "im_open:7.5|g|#node:alpha" in told


def test_a_server_that_is_away_fails_nothing(server: socket.socket) -> None:
    port = server.getsockname()[1]
    server.close()
    pusher = StatsdPusher("127.0.0.1", port)

    pusher.push(filled().snapshot())
    pusher.push(filled().snapshot())

    pusher.close()
