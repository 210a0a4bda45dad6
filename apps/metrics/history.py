"""The last minutes of chosen figures, in memory: what a page shows without any monitoring system.

Pure: whoever records says what time it is. Bounded: a ring of points, so it takes the same memory forever.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from apps.metrics.families import Distribution, Family, Value

POINTS: Final = 150
"""Points kept, the oldest dropped: five minutes at one in two seconds, some 160 KB for thirty figures."""

How = Literal["rate", "value", "mean", "p50", "p99"]


@dataclass(frozen=True, slots=True)
class Track:
    """One figure to follow. `rate` is per second; `mean`, `p50` and `p99` are of what came since the last point."""

    key: str
    metric: str
    how: How
    scale: float = 1
    """Factor to the unit it is shown in: 1000 for seconds shown as milliseconds."""
    label: tuple[str, str] | None = None
    """Only samples with this name and value; all together for None."""


class History:
    """Points of the tracks it follows. Recorded by one thread, read by any."""

    def __init__(self, points: int = POINTS) -> None:
        self._tracks: tuple[Track, ...] = ()
        self._points: deque[list[float | None]] = deque(maxlen=points)
        self._last: dict[str, Value] = {}
        self._last_ms = 0

    def follow(self, tracks: Sequence[Track]) -> None:
        """Begin anew, with these tracks."""
        self._points.clear()
        self._last, self._last_ms = {}, 0
        self._tracks = tuple(tracks)

    def record(self, families: Iterable[Family], now_ms: int) -> None:
        """Add a point. A figure that is not there is None, as at first whatever needs the point before.

        A clock that was set back loses the figures of that point, too.
        """
        by_name = {family.name: family for family in families}
        passed_s = (now_ms - self._last_ms) / 1_000 if self._last_ms else 0.0
        now: dict[str, Value] = {}
        point: list[float | None] = [now_ms]
        for track in self._tracks:
            value = _together(by_name.get(track.metric), track.label)
            if value is not None:
                now[track.key] = value
            known = track.how == "value" or passed_s > 0
            figure = _figure(track, value, self._last.get(track.key), passed_s) if known else None
            point.append(None if figure is None else round(figure * track.scale, 4))
        self._last, self._last_ms = now, now_ms
        self._points.append(point)

    def since(self, since_ms: int) -> Mapping[str, Any]:
        """Return the keys of the tracks, and the points after that time: their time, then a figure per key."""
        points = [point for point in self._points.copy() if (point[0] or 0) > since_ms]
        return {"keys": [track.key for track in self._tracks], "points": points}


def _together(family: Family | None, label: tuple[str, str] | None) -> Value | None:
    """Return the samples of a family added up; None where there are none."""
    if family is None:
        return None
    total: Value | None = None
    for labels, value in family.samples.items():
        if label is None or label in zip(family.labels, labels, strict=True):
            total = value if total is None else _sum(total, value)
    return total


def _sum(one: Value, two: Value) -> Value:
    if isinstance(one, Distribution):
        return one.plus(two) if isinstance(two, Distribution) else one
    return one if isinstance(two, Distribution) else one + two


def _figure(track: Track, value: Value | None, before: Value | None, passed_s: float) -> float | None:
    if isinstance(value, Distribution):
        fresh = value.since(before) if isinstance(before, Distribution) else value
        return _of_distribution(track, fresh, passed_s)
    if value is None or track.how == "value":
        return value
    start = 0.0 if before is None or isinstance(before, Distribution) else before
    return max(0.0, value - start) / passed_s


def _of_distribution(track: Track, fresh: Distribution, passed_s: float) -> float | None:
    match track.how:
        case "mean":
            return fresh.mean
        case "p50":
            return fresh.quantile(0.5)
        case "p99":
            return fresh.quantile(0.99)
        case _:
            return fresh.count / passed_s
