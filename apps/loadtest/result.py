"""The result of a load test: everything a reader needs to believe its figures, as one JSON file.

Not here: how it looks.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from apps.loadtest.errors import ResultUnreadable
from apps.loadtest.judging import Verdict
from apps.loadtest.recording import Point, Recording
from apps.loadtest.running import Outcome
from apps.loadtest.scenario import Scenario

FORMAT: Final = "imsite-load-result-1"
MEASURED: Final = "measure"
ERROR_PREFIXES: Final = ("failed:", "ended:", "error:", "connect_failed:")
ERROR_NAMES: Final = frozenset({"given_up", "refused", "skipped", "ack_timeouts", "reordered", "gaps"})
PERCENTILES: Final = ("p50", "p99", "max")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One load test. `figures` are its key numbers, named alike in all results, so that results can be compared."""

    format: Literal["imsite-load-result-1"]
    name: str
    scenario: Scenario
    started_at: str
    processes: int
    urls: int
    machine: dict[str, Any]
    durability: str
    verdict: Verdict
    figures: dict[str, float]
    phases: dict[str, tuple[float, float]]
    summaries: dict[str, dict[str, Any]]
    usage: dict[str, dict[str, float]]
    events: list[dict[str, Any]]
    timeline: list[Point]


def is_error(name: str) -> bool:
    """Tell whether a count is of something that went wrong."""
    return name in ERROR_NAMES or name.startswith(ERROR_PREFIXES)


def key_figures(outcome: Outcome) -> dict[str, float]:
    """Return the key numbers of a run, without those that it says nothing about."""
    figures: dict[str, float] = {"sessions": outcome.verdict.open_at_end}
    figures |= _connecting(outcome) | _coming_back(outcome) | _traffic(outcome)
    figures |= _durations(outcome.recording) | _usage(outcome)
    figures["errors"] = sum(
        count for counts in outcome.recording.counts.values() for name, count in counts.items() if is_error(name)
    )
    return {name: round(value, 3) for name, value in figures.items()}


def write_result(result: Result, path: Path) -> None:
    """Write it, for people to read as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


def read_result(path: Path) -> Result:
    """Read what `write_result` wrote. Raises ResultUnreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except OSError as error:
        raise ResultUnreadable(path=path, reason=error.strerror) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ResultUnreadable(path=path, reason=error) from error


def durability_of(database: Mapping[str, str]) -> str:
    """Return in a few words what the seeding program found out about the database; empty where it found nothing."""
    if not database:
        return ""
    settings = ", ".join(f"{name}={database[name]}" for name in ("fsync", "synchronous_commit") if name in database)
    return f"PostgreSQL {database.get('server_version', '?')}, {settings}"


def _seconds(outcome: Outcome, phase: str) -> float:
    began, ended = outcome.phases.get(phase, (0.0, 0.0))
    return max(0.001, ended - began)


def _connecting(outcome: Outcome) -> dict[str, float]:
    return {"connected_per_s": outcome.verdict.connected / _seconds(outcome, "connect")}


def _coming_back(outcome: Outcome) -> dict[str, float]:
    """What the second that was worst for the server asked of it, and it managed, after connections had broken."""
    broken_s = [event["second"] for event in outcome.events if event["kind"] in {"kill", "drop"}]
    if not broken_s:
        return {}
    after = [point.counts for point in outcome.recording.points if point.second >= min(broken_s)]
    names = {"dialled": "dialled_again_per_s_max", "signed_in": "signed_in_again_per_s_max"}
    most = {figure: max((counts.get(name, 0) for counts in after), default=0) for name, figure in names.items()}
    return {figure: count for figure, count in most.items() if count}


def _traffic(outcome: Outcome) -> dict[str, float]:
    counts = outcome.recording.counts.get(MEASURED, {})
    seconds = _seconds(outcome, MEASURED)
    names = {"acked": "acked_per_s", "delivered": "delivered_per_s"}
    return {figure: counts[name] / seconds for name, figure in names.items() if counts.get(name)}


def _durations(recording: Recording) -> dict[str, float]:
    """Sign-ins of the ramp, everything else while it was measured."""
    figures: dict[str, float] = {}
    for phase, names in (("connect", ("sign_in",)), (MEASURED, ("ack", "delivery", "heartbeat", "away", "client_lag"))):
        for name in names:
            histogram = recording.histograms.get(phase, {}).get(name)
            if histogram is not None and histogram.count:
                summary = histogram.summary_ms()
                figures |= {f"{name}_{percentile}_ms": summary[percentile] for percentile in PERCENTILES}
    return figures


def _usage(outcome: Outcome) -> dict[str, float]:
    usage = outcome.usage
    if not usage.get("before", {}).get("processes"):
        return {}
    figures = {}
    if outcome.verdict.connected:
        grown = usage["connected"]["rss_bytes"] - usage["before"]["rss_bytes"]
        figures["server_kb_per_session"] = grown / 1024 / outcome.verdict.connected
    seconds = max(0.001, usage["measured"]["at_s"] - usage["warmed_up"]["at_s"])
    spent_s = usage["measured"]["cpu_s"] - usage["warmed_up"]["cpu_s"]
    figures["server_cores"] = spent_s / seconds
    acked = outcome.recording.counts.get(MEASURED, {}).get("acked", 0)
    if acked:
        figures["server_ms_per_message"] = spent_s * 1000 / acked
    measured = [point.client_cpu for point in outcome.recording.points if point.phase == MEASURED]
    if measured:
        figures["client_cores"] = sum(measured) / len(measured)
    return figures
