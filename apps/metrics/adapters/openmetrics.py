"""For monitoring that asks: the text formats of OpenMetrics and Prometheus, as the asker accepts them.

Written by prometheus-client. Not here: who may ask, and over what.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from apps.metrics.families import Distribution, Family, Kind


def expose(families: Iterable[Family], accept: str = "") -> tuple[bytes, str]:
    """Return the text of the format that an Accept header asks for, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(list(families)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Collected(Collector):
    """Hands a snapshot to the library."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Return every family in the library's own types."""
        yield from map(_converted, self._families)


def _converted(family: Family) -> Metric:
    if family.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(family.name, family.text, labels=family.labels)
        for labels, value in family.distributions().items():
            histogram.add_metric(labels, _buckets(value), value.total)
        return histogram
    made = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    metric = made(family.name, family.text, labels=family.labels)
    for labels, number in family.numbers().items():
        metric.add_metric(labels, number)
    return metric


def _buckets(value: Distribution) -> list[tuple[str, float]]:
    bounds = [*(repr(float(bound)) for bound in value.bounds), "+Inf"]
    return [(bound, float(count)) for bound, count in zip(bounds, value.cumulative(), strict=True)]
