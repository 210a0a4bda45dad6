"""The result as one HTML page that needs nothing else: no script, no font, no picture from anywhere.

Pure.
"""

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final

import msgspec

from apps.loadtest.charts import Mark, Series, line_chart
from apps.loadtest.pages import page, section, table
from apps.loadtest.recording import Point
from apps.loadtest.result import Result, is_error
from apps.loadtest.texts import Language, say
from apps.loadtest.wording import (
    MEGABYTE,
    duration_name,
    event_name,
    fault_name,
    figure_rows,
    phase_name,
    verdict_line,
)

SUMMARY_COLUMNS: Final = ("count", "mean", "p50", "p90", "p99", "p99.9", "max")
LATENCY_LINES: Final = (("ack", "p50"), ("ack", "p99"), ("delivery", "p50"), ("delivery", "p99"), ("heartbeat", "p99"))


def html_report(result: Result, language: Language) -> str:
    """Return the page."""
    title = say(language, "Load test: {title}", title=result.scenario.title.get(language, result.name))
    state = "passed" if result.verdict.passed else "failed"
    durability = result.durability or say(language, "not stated")
    sections = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="dim">{escape(result.name)} · {escape(result.started_at)}</p>',
        f'<p class="verdict {state}">{escape(verdict_line(language, result.verdict))}</p>',
        section(say(language, "Figures"), _figures(result, language)),
        section(say(language, "Latency"), _latencies(result, language)),
        *_charts(result, language),
        section(say(language, "What happened"), _counts(result, language)),
        section(say(language, "Faults"), _faults(result, language)),
        section(
            say(language, "Machine and settings"),
            f"<p>{escape(say(language, 'Durability of the database: {durability}', durability=durability))}</p>"
            f"<pre>{escape(_plain(result.machine))}</pre><h3>{escape(say(language, 'Scenario'))}</h3>"
            f"<pre>{escape(_plain(result.scenario))}</pre>",
        ),
    ]
    return page(title, sections, language)


def _figures(result: Result, language: Language) -> str:
    return table((say(language, "Figure"), say(language, "Value")), figure_rows(language, result.figures))


def _latencies(result: Result, language: Language) -> str:
    names = {"count": say(language, "Count"), "mean": say(language, "mean"), "max": say(language, "highest")}
    head = (say(language, "Measurement"), *(names.get(column, column) for column in SUMMARY_COLUMNS))
    rows = [
        (f"{duration_name(language, name)} ({phase_name(language, phase)})", *(_cells(summary)))
        for phase, whole in result.summaries.items()
        for name, summary in whole["durations_ms"].items()
    ]
    note = say(language, "Times are in milliseconds; a message counts from when it was due.")
    return table(head, rows) + f'<p class="dim">{escape(note)}</p>'


def _cells(summary: dict[str, float]) -> list[str]:
    return [f"{summary.get(column, 0):,.10g}" for column in SUMMARY_COLUMNS]


def _charts(result: Result, language: Language) -> list[str]:
    points, marks = result.timeline, _marks(result, language)

    def counted(name: str) -> Callable[[Point], float]:
        return lambda point: point.counts.get(name, 0)

    def chart(unit: str, *lines: tuple[str, Callable[[Point], float]]) -> str:
        series = [Series(name, [(point.second, value(point)) for point in points]) for name, value in lines]
        return line_chart(series, unit=unit, marks=marks)

    observed = any(point.server_rss_bytes for point in points)
    memory = chart("MB", (say(language, "server"), lambda point: point.server_rss_bytes / MEGABYTE)) if observed else ""
    return [
        section(say(language, "Latency over time"), _latency_chart(points, marks, language)),
        section(
            say(language, "Throughput"),
            chart(
                "/s",
                (say(language, "sent"), counted("sent")),
                (say(language, "acknowledged"), counted("acked")),
                (say(language, "delivered"), counted("delivered")),
            )
            if result.scenario.traffic
            else "",
        ),
        section(
            say(language, "Connections"),
            chart(
                "",
                (say(language, "open"), lambda point: point.open),
                (say(language, "connecting now"), lambda point: point.waiting),
            ),
        ),
        section(say(language, "Memory of the server"), memory),
        section(
            say(language, "CPU"),
            chart(
                "",
                (say(language, "server"), lambda point: point.server_cpu),
                (say(language, "load test"), lambda point: point.client_cpu),
            ),
        ),
        section(
            say(language, "Errors"),
            chart("/s", (say(language, "errors"), _errors)),
        ),
    ]


def _latency_chart(points: Sequence[Point], marks: Sequence[Mark], language: Language) -> str:
    series = [
        Series(
            f"{duration_name(language, name)} {percentile}",
            [(p.second, p.durations[name][percentile]) for p in points if name in p.durations],
        )
        for name, percentile in LATENCY_LINES
    ]
    return line_chart(series, unit="ms", logarithmic=True, marks=marks)


def _errors(point: Point) -> int:
    return sum(count for name, count in point.counts.items() if is_error(name))


def _marks(result: Result, language: Language) -> list[Mark]:
    return [Mark(float(event["second"]), event_name(language, str(event["kind"]))) for event in result.events]


def _counts(result: Result, language: Language) -> str:
    rows = [
        (f"{name} ({phase_name(language, phase)})", f"{count:,}")
        for phase, whole in result.summaries.items()
        for name, count in whole["counts"].items()
    ]
    return table((say(language, "Measurement"), say(language, "Count")), rows)


def _faults(result: Result, language: Language) -> str:
    rows = [(fault_name(language, fault.code), fault.conversation, fault.detail) for fault in result.verdict.faults]
    return table((say(language, "Faults"), "", ""), rows)


def _plain(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value), indent=1, ensure_ascii=False)
