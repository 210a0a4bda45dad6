"""Line charts as SVG."""

import re
from xml.etree import ElementTree

import pytest

from apps.loadtest import charts
from apps.loadtest.charts import Mark, Series, line_chart


def svg_of(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart[chart.index("<svg") :])


def test_each_series_is_a_line_inside_the_picture() -> None:
    chart = line_chart([Series("a", [(0, 0), (10, 5)]), Series("b<", [(5, 2.5)])], unit="ms")

    lines = svg_of(chart).findall("polyline")
    places = [float(number) for line in lines for number in re.split("[ ,]", line.attrib["points"])]
    assert [line.attrib["class"] for line in lines] == ["line s0", "line s1"]
    assert lines[0].attrib["points"] == f"{charts.LEFT}.0,{charts.HEIGHT - charts.BOTTOM}.0 848.0,10.0"
    assert all(0 <= place <= charts.WIDTH for place in places)
    assert "b&lt;" in chart


def test_what_happened_is_marked() -> None:
    chart = line_chart([Series("a", [(1, 1), (2, 2)])], unit="", marks=[Mark(1.5, "kill")])

    assert "kill" in chart
    assert len(svg_of(chart).findall("line[@class='mark']")) == 1


def test_a_logarithmic_scale_stands_between_powers_of_ten() -> None:
    chart = line_chart([Series("a", [(0, 0), (1, 0.5), (2, 90)])], unit="ms", logarithmic=True)

    texts = [text.text for text in svg_of(chart).findall("text")]
    assert [text for text in texts if text and text.endswith("ms")] == ["0.1 ms", "1 ms", "10 ms", "100 ms"]


def test_nothing_is_no_chart() -> None:
    assert line_chart([Series("a", [])], unit="") == ""


def test_a_line_at_the_very_beginning_is_drawn() -> None:
    assert "<polyline" in line_chart([Series("a", [(0, 0)])], unit="")


def test_many_points_keep_their_peaks() -> None:
    points = [(float(second), 100.0 if second == 4321 else 1.0) for second in range(10_000)]

    thin = charts.thinned(points)

    assert len(thin) <= charts.MAX_POINTS
    assert max(value for _second, value in thin) == 100.0


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (7, [0, 2, 4, 6, 8]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (40, [0, 10, 20, 30, 40]),
        (49, [0, 10, 20, 30, 40, 50]),
    ],
)
def test_ticks_are_round(highest: float, expected: list[float]) -> None:
    assert charts.even_ticks(highest) == expected


@pytest.mark.parametrize(("values", "expected"), [([], [1, 10]), ([0, 3], [1, 10]), ([100], [100, 1000])])
def test_logarithmic_ticks_are_powers_of_ten(values: list[float], expected: list[float]) -> None:
    assert charts.log_ticks(values) == expected


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.5"), (1500, "1.5k"), (2e6, "2M"), (3e9, "3G")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert charts.short_number(value) == text


def test_seconds_after_the_last_are_not_written() -> None:
    chart = line_chart([Series("a", [(0, 1), (7, 1)])], unit="ms")

    texts = [text.text for text in svg_of(chart).findall("text")]
    assert [text for text in texts if text and text.endswith(" s")] == ["0 s", "2 s", "4 s", "6 s"]
