"""For monitoring that is told, by OpenTelemetry: OTLP over HTTP, by OpenTelemetry's own exporter.

A snapshot is put into the SDK's data model as it is, cumulative since the process started: so histograms keep their
buckets, and a message costs nothing more than without. The packages are optional, and imported only here.
"""

from collections.abc import Iterable, Mapping

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from apps.metrics.families import Distribution, Family, Kind, Labels

TIMEOUT_S = 5
"""How long one push may take; then the next snapshot, which says everything again, takes its place."""

Period = tuple[int, int]


class PushFailed(Exception):
    """The collector did not take a snapshot; the exporter's log says why."""


class OtlpPusher:
    """Sends snapshots to one collector. Used by one thread."""

    def __init__(
        self,
        url: str,
        *,
        resource: Mapping[str, str],
        started_ms: int,
        exporter: MetricExporter | None = None,
    ) -> None:
        self._exporter = exporter or OTLPMetricExporter(endpoint=url, timeout=TIMEOUT_S)
        self._resource = Resource(dict(resource))
        self._scope = InstrumentationScope("imsite")
        self._started_ms = started_ms

    def push(self, families: Iterable[Family], *, now_ms: int) -> None:
        """Send a snapshot. Raises PushFailed."""
        period = self._started_ms * 1_000_000, now_ms * 1_000_000
        metrics = [_converted(family, period) for family in families]
        scope = ScopeMetrics(self._scope, metrics, "")
        data = MetricsData([ResourceMetrics(self._resource, [scope], "")])
        if self._exporter.export(data, timeout_millis=TIMEOUT_S * 1_000) is not MetricExportResult.SUCCESS:
            raise PushFailed("the collector did not take the metrics")

    def close(self) -> None:
        """Let go of connections."""
        self._exporter.shutdown()


def _converted(family: Family, period: Period) -> Metric:
    return Metric(family.name, family.text, "s" if "_seconds" in family.name else "1", _data(family, period))


def _data(family: Family, period: Period) -> Histogram | Sum | Gauge:
    cumulative = AggregationTemporality.CUMULATIVE
    if family.kind is Kind.HISTOGRAM:
        return Histogram([_bucketed(family, *sample, period) for sample in family.distributions().items()], cumulative)
    points = [
        NumberDataPoint(dict(zip(family.labels, labels, strict=True)), *period, value)
        for labels, value in family.numbers().items()
    ]
    return Sum(points, cumulative, is_monotonic=True) if family.kind is Kind.COUNTER else Gauge(points)


def _bucketed(family: Family, labels: Labels, value: Distribution, period: Period) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=dict(zip(family.labels, labels, strict=True)),
        start_time_unix_nano=period[0],
        time_unix_nano=period[1],
        count=value.count,
        sum=value.total,
        bucket_counts=value.counts,
        explicit_bounds=value.bounds,
        min=None,  # type: ignore[arg-type]  # not known; None leaves it out, a number would be believed
        max=None,  # type: ignore[arg-type]  # as above
    )
