"""What was measured, at one moment, as plain values: what every way to tell it to a monitoring system starts from.

Pure. Not here: measuring, and any format.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final, Self

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for durations: from what a commit takes to what a sender waits for at most."""
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0, 16384.0)
"""Bounds for numbers of things: of messages in a commit, of those who are told."""


class Kind(StrEnum):
    """What the values of a family mean."""

    COUNTER = "counter"
    """Only grows while the process lives."""
    GAUGE = "gauge"
    """How much there is now."""
    HISTOGRAM = "histogram"
    """How often a value fell between bounds."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values fell into each bucket. `counts` has one entry more than `bounds`: above the last."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float
    """Of all values together."""

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """The average; None without values."""
        return self.total / self.count if self.count else None

    def cumulative(self) -> list[int]:
        """Return how many values were at most each bound, and at last all."""
        return list(accumulate(self.counts))

    def quantile(self, share: float) -> float | None:
        """Return what `share` (0 to 1) of the values were at most, straight within a bucket; None without values.

        Above the last bound nothing finer is known than the bound.
        """
        wanted = share * self.count
        if not self.count:
            return None
        before, low = 0, 0.0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count and before + count >= wanted:
                return low + (bound - low) * (wanted - before) / count
            before, low = before + count, bound
        return low

    def since(self, earlier: Self) -> "Distribution":
        """Return what came after `earlier`, an older state of the same."""
        counts = tuple(now - then for now, then in zip(self.counts, earlier.counts, strict=True))
        return Distribution(self.bounds, counts, self.total - earlier.total)

    def plus(self, other: Self) -> "Distribution":
        """Return both together; they have the same bounds."""
        counts = tuple(one + two for one, two in zip(self.counts, other.counts, strict=True))
        return Distribution(self.bounds, counts, self.total + other.total)


Labels = tuple[str, ...]
Value = float | Distribution


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: a value for every combination of labels that came up. Histograms have distributions as values."""

    name: str
    text: str
    kind: Kind
    labels: Labels
    samples: Mapping[Labels, Value]

    def numbers(self) -> dict[Labels, float]:
        """Return the samples of a counter or a gauge."""
        return {labels: value for labels, value in self.samples.items() if not isinstance(value, Distribution)}

    def distributions(self) -> dict[Labels, Distribution]:
        """Return the samples of a histogram."""
        return {labels: value for labels, value in self.samples.items() if isinstance(value, Distribution)}
