"""For programs of one's own: a snapshot as plain values that JSON can hold."""

from collections.abc import Iterable
from typing import Any

from apps.metrics.families import Distribution, Family, Value


def plain(families: Iterable[Family]) -> list[dict[str, Any]]:
    """Return each metric with its samples; those of histograms have `count`, `sum` and cumulative `buckets`."""
    return [
        {
            "name": family.name,
            "kind": family.kind.value,
            "help": family.text,
            "samples": [
                {"labels": dict(zip(family.labels, labels, strict=True)), **_plain_value(value)}
                for labels, value in family.samples.items()
            ],
        }
        for family in families
    ]


def _plain_value(value: Value) -> dict[str, Any]:
    if not isinstance(value, Distribution):
        return {"value": value}
    bounds: list[float | None] = [*value.bounds, None]
    buckets = [{"at_most": bound, "count": n} for bound, n in zip(bounds, value.cumulative(), strict=True)]
    return {"count": value.count, "sum": value.total, "buckets": buckets}
