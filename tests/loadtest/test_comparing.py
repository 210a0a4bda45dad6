"""Two results side by side."""

from apps.loadtest.comparing import as_page, as_text, comparison
from tests.loadtest.results import FAILED, result


def test_figures_stand_beside_each_other_with_their_ratio() -> None:
    before = result(figures={"acked_per_s": 100.0, "errors": 0.0, "gone": 1.0})
    after = result(figures={"acked_per_s": 250.0, "errors": 3.0, "fresh": 2.0})

    rows = comparison(before, after, "en")

    assert rows == [
        ("Figure", "before", "after", "ratio"),
        ("messages acknowledged per s", "100", "250", "2.50"),
        ("errors", "0", "3", "–"),
        ("gone", "1", "–", "–"),
        ("fresh", "–", "2", "–"),
    ]


def test_the_table_is_markdown() -> None:
    rows = comparison(result(figures={"errors": 1.0}), result(figures={"errors": 2.0}), "zh")

    assert as_text(rows).splitlines() == [
        "| 指标 | 之前 | 之后 | 比值 |",
        "| --- | ---: | ---: | ---: |",
        "| 错误数 | 1 | 2 | 2.00 |",
    ]


def test_the_page_says_what_is_compared() -> None:
    page = as_page(result(), result(FAILED, name="<other>"), "en")

    assert "Load tests compared: direct and &lt;other&gt;" in page
    assert "failed: lost" in page
    assert "<td>1.00</td>" in page
