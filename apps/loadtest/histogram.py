"""Counts of durations in buckets that grow with the duration, so that one minute and one microsecond both fit.

Pure. Each power of two is cut into 32 buckets: a percentile is at most 3.2 % too high, never too low. Histograms of
several processes are added, which percentiles cannot be.
"""

from collections.abc import Iterable
from typing import Final

SUB_BITS: Final = 5
SUB_COUNT: Final = 1 << SUB_BITS
MAX_US: Final = 1 << 32
"""A longer duration, over an hour, counts as this long."""


class Histogram:
    """Durations in microseconds."""

    __slots__ = ("buckets", "count", "max_us", "total_us")

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total_us = 0
        self.max_us = 0

    def record(self, us: int) -> None:
        """Count one duration; a negative one, of a clock that was set, counts as 0."""
        value = 0 if us < 0 else min(us, MAX_US)
        index = bucket_of(value)
        self.buckets[index] = self.buckets.get(index, 0) + 1
        self.count += 1
        self.total_us += value
        self.max_us = max(self.max_us, value)

    def add(self, other: "Histogram") -> None:
        """Add the counts of another."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count
        self.count += other.count
        self.total_us += other.total_us
        self.max_us = max(self.max_us, other.max_us)

    def percentile_us(self, percent: float) -> int:
        """Return a duration that `percent` of all did not exceed; 0 when there are none."""
        wanted = self.count * percent / 100
        seen = 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen >= wanted:
                return min(bucket_top(index), self.max_us)
        return 0

    def summary_ms(self) -> dict[str, float]:
        """Return count, mean, the usual percentiles and the highest, in milliseconds."""
        figures = {f"p{name}": self.percentile_us(percent) for name, percent in PERCENTILES}
        mean = self.total_us / self.count if self.count else 0.0
        return {
            "count": self.count,
            "mean": round(mean / 1000, 3),
            **{name: round(us / 1000, 3) for name, us in figures.items()},
            "max": round(self.max_us / 1000, 3),
        }

    def to_plain(self) -> tuple[list[tuple[int, int]], int, int]:
        """Return what `from_plain` makes the same histogram of."""
        return sorted(self.buckets.items()), self.total_us, self.max_us

    @classmethod
    def from_plain(cls, plain: tuple[Iterable[tuple[int, int]], int, int]) -> "Histogram":
        """Return the histogram that `to_plain` wrote down."""
        made = cls()
        buckets, made.total_us, made.max_us = plain
        made.buckets = {index: count for index, count in buckets}  # noqa: C416 - pairs come as lists, too
        made.count = sum(made.buckets.values())
        return made


PERCENTILES: Final = (("50", 50.0), ("90", 90.0), ("99", 99.0), ("99.9", 99.9))


def bucket_of(us: int) -> int:
    """Return the index of the bucket that a duration falls into; durations below 32 have one each."""
    shift = us.bit_length() - SUB_BITS - 1
    return us if shift < 0 else ((shift + 1) << SUB_BITS) + (us >> shift) - SUB_COUNT


def bucket_top(index: int) -> int:
    """Return the highest duration of a bucket."""
    if index < SUB_COUNT:
        return index
    shift = (index >> SUB_BITS) - 1
    return ((index & (SUB_COUNT - 1)) + SUB_COUNT + 1 << shift) - 1
