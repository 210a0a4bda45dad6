"""For monitoring that is told, by StatsD: datagrams to HOST:PORT with labels as DogStatsD tags, by `datadog`'s client.

Nothing queues: every push sends what has changed since the last one, so a server that is away costs figures and no
memory. StatsD knows no buckets: of a histogram it gets the number and sum of values, their median and p99. The package
is optional, and imported only here.
"""

from collections.abc import Iterable

from datadog.dogstatsd.base import DogStatsd

from apps.metrics.families import Distribution, Family, Kind, Labels, Value


class StatsdPusher:
    """Remembers what it has told. Used by one thread."""

    def __init__(self, host: str, port: int, *, tags: Iterable[str] = ()) -> None:
        self._client = DogStatsd(
            host=host,
            port=port,
            constant_tags=list(tags),
            disable_telemetry=True,
            disable_aggregation=True,
            origin_detection_enabled=False,
        )
        self._told: dict[tuple[str, Labels], Value] = {}

    def push(self, families: Iterable[Family]) -> None:
        """Send what has changed; gauges always."""
        with self._client:
            for family in families:
                for labels, value in family.samples.items():
                    self._tell(family, labels, value)

    def close(self) -> None:
        """Give the socket back."""
        self._client.close_socket()

    def _tell(self, family: Family, labels: Labels, value: Value) -> None:
        tags = [f"{name}:{label}" for name, label in zip(family.labels, labels, strict=True)]
        before = self._told.get((family.name, labels))
        if isinstance(value, Distribution):
            self._tell_distribution(
                family.name, tags, value.since(before) if isinstance(before, Distribution) else value
            )
        elif family.kind is Kind.GAUGE:
            self._client.gauge(family.name, value, tags=tags)
        else:
            self._count(family.name, tags, value - (before if isinstance(before, float | int) else 0))
        if family.kind is not Kind.GAUGE:
            self._told[family.name, labels] = value

    def _tell_distribution(self, name: str, tags: list[str], fresh: Distribution) -> None:
        self._count(f"{name}.count", tags, fresh.count)
        self._count(f"{name}.sum", tags, fresh.total)
        for key, share in (("p50", 0.5), ("p99", 0.99)):
            if (figure := fresh.quantile(share)) is not None:
                self._client.gauge(f"{name}.{key}", figure, tags=tags)

    def _count(self, name: str, tags: list[str], n: float) -> None:
        if n:
            self._client.increment(name, n, tags=tags)
