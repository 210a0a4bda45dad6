"""An OpenTelemetry collector gets the whole snapshot, with every bucket."""

import gzip
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from apps.metrics.adapters.otlp import OtlpPusher, PushFailed
from tests.metrics.snapshots import filled

STARTED_MS, NOW_MS = 1_700_000_000_000, 1_700_000_060_000


class Collector:
    """A collector that keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        self.taken: list[ExportMetricsServiceRequest] = []
        self.status = 200
        self.on_taken: Callable[[], None] = lambda: None
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                data = gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data
                collector.taken.append(ExportMetricsServiceRequest.FromString(data))
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                collector.on_taken()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
                """Keep quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/metrics"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = Thread(target=collector.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()
    thread.join()


@pytest.fixture
def pusher(collector: Collector) -> Iterator[OtlpPusher]:
    pusher = OtlpPusher(collector.url, resource={"service.name": "imsite"}, started_ms=STARTED_MS)
    yield pusher
    pusher.close()


def metrics(collector: Collector) -> dict[str, Metric]:
    (request,) = collector.taken
    (resource,) = request.resource_metrics
    assert [(each.key, each.value.string_value) for each in resource.resource.attributes] == [
        ("service.name", "imsite")
    ]
    (scope,) = resource.scope_metrics
    return {metric.name: metric for metric in scope.metrics}


def test_counters_are_sums_since_the_start(collector: Collector, pusher: OtlpPusher) -> None:
    pusher.push(filled().snapshot(), now_ms=NOW_MS)

    told = metrics(collector)
    total = told["im_sent_total"].sum
    (point,) = total.data_points
    assert total.is_monotonic
    assert total.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    assert (point.start_time_unix_nano, point.time_unix_nano) == (STARTED_MS * 10**6, NOW_MS * 10**6)
    assert point.as_int == 3
    assert told["im_frames_total"].sum.data_points[0].attributes[0].value.string_value == 'se"nd'


def test_gauges_and_histograms_keep_what_they_are(collector: Collector, pusher: OtlpPusher) -> None:
    pusher.push(filled().snapshot(), now_ms=NOW_MS)

    told = metrics(collector)
    (wait,) = told["im_wait_seconds"].histogram.data_points
    assert told["im_open"].gauge.data_points[0].as_double == 7.5
    assert told["im_wait_seconds"].unit == "s"
    assert (wait.count, wait.sum, list(wait.explicit_bounds), list(wait.bucket_counts)) == (
        4,
        5.75,
        [0.5, 1.0],
        [1, 2, 1],
    )
    assert not wait.HasField("min")
    assert not wait.HasField("max")


def test_a_collector_that_refuses_is_a_failure(collector: Collector, pusher: OtlpPusher) -> None:
    collector.status = 400

    with pytest.raises(PushFailed):
        pusher.push(filled().snapshot(), now_ms=NOW_MS)
