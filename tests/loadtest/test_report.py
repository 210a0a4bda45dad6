"""The result as a page."""

import re

import msgspec

from apps.loadtest.report import html_report
from tests.loadtest.results import FAILED, result


def test_the_page_says_what_the_result_says() -> None:
    page = html_report(result(), "en")

    for text in (
        "Load test: A &lt;title&gt;",
        "passed: 100",
        "send to ack p99",
        "fsync=on",
        "&quot;cores&quot;: 2",
        "drop",
    ):
        assert text in page
    assert page.count("<svg") == 6
    assert page.count('text class="mark"') == 6


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = html_report(result(), "en")

    assert re.findall(r"(?:src|href|url|import)\s*[=(]", page) == []
    assert "<script" not in page


def test_it_is_written_in_chinese_too() -> None:
    page = html_report(result(), "zh")

    assert '<html lang="zh-Hans">' in page
    assert "压力测试：标题" in page
    assert "吞吐量" in page


def test_faults_are_listed_and_escaped() -> None:
    page = html_report(result(FAILED), "en")

    assert "failed: lost ×1" in page
    assert "<td>room&lt;1&gt;</td><td>2 of 3</td>" in page


def test_what_was_not_measured_is_left_out() -> None:
    bare = result(
        timeline=[msgspec.structs.replace(point, server_rss_bytes=0) for point in result().timeline],
        scenario=msgspec.structs.replace(result().scenario, traffic=[]),
        durability="",
    )

    page = html_report(bare, "en")

    assert "Throughput" not in page
    assert "Memory of the server" not in page
    assert "not stated" in page
