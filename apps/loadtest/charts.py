"""Line charts as SVG, to stand in a page: no script, nothing loaded from elsewhere.

Pure. Colours are classes, so that the page's style decides them, by day and by night.
"""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final

import msgspec

WIDTH: Final = 860
HEIGHT: Final = 240
LEFT: Final = 64
RIGHT: Final = 12
TOP: Final = 10
BOTTOM: Final = 26
MAX_POINTS: Final = 1200
"""More points than pixels show nothing more; of each group the highest is drawn."""


class Series(msgspec.Struct, frozen=True):
    """One line: its name and its (second, value) points."""

    name: str
    points: Sequence[tuple[float, float]]


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at a second."""

    second: float
    name: str


def line_chart(series: Sequence[Series], *, unit: str, logarithmic: bool = False, marks: Sequence[Mark] = ()) -> str:
    """Return the chart; an empty text when there is nothing to draw."""
    drawn = [Series(line.name, thinned(line.points)) for line in series if line.points]
    if not drawn:
        return ""
    values = [value for line in drawn for _second, value in line.points]
    last = max(second for line in drawn for second, _value in line.points)
    ticks = log_ticks(values) if logarithmic else even_ticks(max(values))
    scale = _Scale(last or 1, ticks, logarithmic)
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="chart">']
    parts += [scale.tick(value, unit) for value in ticks]
    parts += [scale.second(value) for value in even_ticks(last)]
    parts += [scale.mark(mark) for mark in marks]
    parts += [scale.line(line, place) for place, line in enumerate(drawn)]
    parts.append("</svg>")
    legend = "".join(f'<span class="key s{place}">{escape(line.name)}</span>' for place, line in enumerate(drawn))
    return f'<div class="legend">{legend}</div>{"".join(parts)}'


def thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Return at most MAX_POINTS points, the highest of each group."""
    group = -(-len(points) // MAX_POINTS)
    if group <= 1:
        return points
    groups = (points[first : first + group] for first in range(0, len(points), group))
    return [max(part, key=lambda point: point[1]) for part in groups]


def even_ticks(highest: float) -> list[float]:
    """Return round values from 0 to at least `highest`, about five of them."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / 5
    magnitude = 10.0 ** floor(log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw * 0.999)
    return [round(step * number, 9) for number in range(ceil(highest / step * 0.999) + 1)]


def log_ticks(values: Sequence[float]) -> list[float]:
    """Return powers of ten around the positive values."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = floor(log10(min(positive))), ceil(log10(max(positive)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def short_number(value: float) -> str:
    """Return a number in a few characters."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{suffix}"
    return f"{value:g}"


class _Scale:
    """Where seconds and values stand in the picture."""

    def __init__(self, last: float, ticks: Sequence[float], logarithmic: bool) -> None:
        self._last = last
        self._low, self._high = ticks[0], ticks[-1]
        self._logarithmic = logarithmic

    def x(self, second: float) -> float:
        return round(LEFT + second / self._last * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        if self._logarithmic:
            span = log10(self._high) - log10(self._low)
            share = (log10(max(value, self._low)) - log10(self._low)) / span
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def tick(self, value: float, unit: str) -> str:
        y = self.y(value)
        text = escape(f"{short_number(value)} {unit}".strip())
        return (
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>'
        )

    def second(self, value: float) -> str:
        if value > self._last:
            return ""
        return f'<text x="{self.x(value)}" y="{HEIGHT - 8}" text-anchor="middle">{value:g} s</text>'

    def mark(self, mark: Mark) -> str:
        x = self.x(mark.second)
        return (
            f'<line class="mark" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="mark" x="{x + 4}" y="{TOP + 10}">{escape(mark.name)}</text>'
        )

    def line(self, line: Series, place: int) -> str:
        points = " ".join(f"{self.x(second)},{self.y(value)}" for second, value in line.points)
        return f'<polyline class="line s{place}" points="{points}"><title>{escape(line.name)}</title></polyline>'
