"""Names of figures, durations and faults in words, and the lines made of them.

Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from apps.loadtest.errors import LoadTestError
from apps.loadtest.judging import Verdict
from apps.loadtest.machine import Advice
from apps.loadtest.recording import Point
from apps.loadtest.result import is_error
from apps.loadtest.scenario import Scenario
from apps.loadtest.texts import Language, say

MEGABYTE: Final = 1024 * 1024
ERRORS: Final = {
    "scenario_unknown": "no scenario is named {name}: choose from {known}",
    "scenario_invalid": "scenario {name} does not fit: {reason}",
    "tokens_unreadable": (
        "the token file {path} cannot be used ({reason}): make one with manage.py seed_load, readable by you alone"
    ),
    "too_few_users": "too few {what}: {wanted} wanted, {found} there; seed more with manage.py seed_load",
    "machine_too_small": "{limit} of this machine is {found}, {wanted} are needed",
    "address_invalid": "{url} is no WebSocket address: write ws://HOST:PORT/ws/v1",
    "worker_failed": "process {worker} of the load test failed: {reason}",
    "result_unreadable": "{path} is no result of a load test ({reason})",
}
SHOWN_DURATIONS: Final = ("delivery", "ack", "heartbeat", "sign_in")


def phase_name(language: Language, phase: str) -> str:
    """Return a phase in words."""
    names = {
        "connect": say(language, "connecting"),
        "warm_up": say(language, "warming up"),
        "measure": say(language, "measuring"),
        "settle": say(language, "settling"),
    }
    return names.get(phase, phase)


def duration_name(language: Language, name: str) -> str:
    """Return what a histogram measures, in words."""
    names = {
        "sign_in": say(language, "sign-in"),
        "heartbeat": say(language, "heartbeat"),
        "ack": say(language, "send to ack"),
        "delivery": say(language, "send to receive"),
        "away": say(language, "time away"),
        "client_lag": say(language, "lateness of the load test itself"),
    }
    return names.get(name, name)


def figure_name(language: Language, name: str) -> str:
    """Return a key figure in words; one of another version stays as it is."""
    names = {
        "sessions": say(language, "sessions open at the end"),
        "connected_per_s": say(language, "sessions connected per s"),
        "dialled_again_per_s_max": say(language, "connections tried again in one second at most"),
        "signed_in_again_per_s_max": say(language, "sessions back in one second at most"),
        "acked_per_s": say(language, "messages acknowledged per s"),
        "delivered_per_s": say(language, "messages delivered per s"),
        "server_kb_per_session": say(language, "server memory per session, KB"),
        "server_cores": say(language, "server CPU while measuring, cores"),
        "client_cores": say(language, "load test CPU while measuring, cores"),
        "server_ms_per_message": say(language, "server CPU per message, ms"),
        "errors": say(language, "errors"),
    }
    if name in names:
        return names[name]
    duration, _mark, percentile = name.removesuffix("_ms").rpartition("_")
    if not duration:
        return name
    shown = say(language, "highest") if percentile == "max" else percentile
    return say(language, "{name} {percentile}, ms", name=duration_name(language, duration), percentile=shown)


def fault_name(language: Language, code: str) -> str:
    """Return a kind of fault in words."""
    names = {
        "lost": say(language, "lost"),
        "doubled": say(language, "doubled"),
        "differing": say(language, "differing"),
        "unsynced": say(language, "unsynced"),
        "reordered": say(language, "reordered"),
        "refused": say(language, "refused"),
        "unanswered": say(language, "unanswered"),
        "gap": say(language, "gap"),
        "not_connected": say(language, "not_connected"),
        "not_open_at_end": say(language, "not_open_at_end"),
    }
    return names.get(code, code)


def event_name(language: Language, kind: str) -> str:
    """Return a disturbance in words."""
    names = {
        "drop": say(language, "drop"),
        "stop_reading": say(language, "stop_reading"),
        "kill": say(language, "kill"),
    }
    return names.get(kind, kind)


def progress_line(language: Language, point: Point, scenario: Scenario) -> str:
    """Return one second of a run in one line."""
    counts = point.counts
    parts = [
        say(
            language,
            "{second} s {phase}: {open} of {sessions} open, {waiting} connecting",
            second=point.second,
            phase=phase_name(language, point.phase),
            open=point.open,
            sessions=scenario.sessions,
            waiting=point.waiting,
        )
    ]
    if counts.get("sent") or counts.get("acked"):
        figures = {name: counts.get(name, 0) for name in ("sent", "acked", "delivered")}
        parts.append(say(language, "{sent} sent, {acked} acknowledged, {delivered} delivered per s", **figures))
    shown = next((name for name in SHOWN_DURATIONS if name in point.durations), None)
    if shown is not None:
        p99 = point.durations[shown]["p99"]
        parts.append(say(language, "p99 {name} {p99} ms", name=duration_name(language, shown), p99=p99))
    errors = sum(count for name, count in counts.items() if is_error(name))
    if errors:
        parts.append(say(language, "{count} errors", count=errors))
    if point.server_rss_bytes:
        rss = point.server_rss_bytes // MEGABYTE
        parts.append(say(language, "server {cores:.2f} cores, {rss} MB", cores=point.server_cpu, rss=rss))
    return "; ".join(parts)


def verdict_line(language: Language, verdict: Verdict) -> str:
    """Return the verdict in one line."""
    if verdict.passed:
        return say(
            language,
            "passed: {acked} acknowledged messages in {conversations} conversations, none lost, doubled or reordered",
            acked=verdict.acked,
            conversations=verdict.conversations,
        )
    faults = ", ".join(f"{fault_name(language, code)} ×{count}" for code, count in verdict.fault_counts.items())
    return say(language, "failed: {faults}", faults=faults)


def figure_rows(language: Language, figures: Mapping[str, float]) -> Sequence[tuple[str, str]]:
    """Return name and value of each key figure."""
    return [(figure_name(language, name), f"{value:,.10g}") for name, value in figures.items()]


def advice_line(language: Language, advice: Advice) -> str:
    """Return what to do about a limit."""
    return say(
        language,
        "{limit} is {found}, {wanted} are wanted: sysctl -w {limit}={wanted}",
        limit=advice.limit,
        found=advice.found,
        wanted=advice.wanted,
    )


def error_line(language: Language, error: LoadTestError) -> str:
    """Return an error in words, with the way out."""
    template = ERRORS.get(error.code)
    if template is None:
        return str(error)
    return say(language, template, **{name: str(value) for name, value in error.fields.items()})
