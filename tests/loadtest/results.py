"""Results for the tests of what is made of them."""

from typing import Any

import msgspec

from apps.loadtest.histogram import Histogram
from apps.loadtest.judging import Verdict
from apps.loadtest.ledger import Fault
from apps.loadtest.observing import Usage
from apps.loadtest.orders import Snapshot
from apps.loadtest.recording import Recording
from apps.loadtest.result import FORMAT, Result, key_figures
from apps.loadtest.running import Outcome
from apps.loadtest.scenario import Scenario, Traffic

SCENARIO = Scenario(title={"en": "A <title>", "zh": "标题"}, sessions=10, traffic=[Traffic()])
PASSED = Verdict(True, [], {}, conversations=3, acked=100, connected=10, open_at_end=10)
FAILED = Verdict(False, [Fault("lost", "room<1>", "2 of 3")], {"lost": 1}, 3, 100, 10, 9)


def histogram(*durations_us: int) -> Histogram:
    made = Histogram()
    for duration in durations_us:
        made.record(duration)
    return made


def recording() -> Recording:
    made = Recording()
    plain = {"sign_in": histogram(5000).to_plain()}
    made.take(Snapshot(0, "connect", 10, 0, {"signed_in": 10, "connect_failed:OSError": 2}, plain))
    made.end_second(1.0, Usage(5_000_000, 1.0, 1), Usage(1, 0.5, 1))
    acks = {"ack": histogram(1000, 9000).to_plain(), "delivery": histogram(2000).to_plain()}
    made.take(Snapshot(0, "measure", 10, 0, {"sent": 100, "acked": 100, "delivered": 100}, acks))
    made.end_second(2.0, Usage(6_000_000, 1.5, 1), Usage(1, 0.75, 1))
    return made


def usage(*, processes: int = 1) -> dict[str, dict[str, float]]:
    moments: dict[str, tuple[int, float, float]] = {
        "before": (1024 * 1000, 0.0, 0.0),
        "connected": (1024 * 1060, 0.5, 1.0),
        "warmed_up": (1024 * 1060, 1.0, 1.0),
        "measured": (1024 * 1060, 1.5, 2.0),
    }
    return {
        name: {"rss_bytes": rss, "cpu_s": cpu_s, "processes": processes, "at_s": at_s}
        for name, (rss, cpu_s, at_s) in moments.items()
    }


def outcome(verdict: Verdict = PASSED, *, processes: int = 1) -> Outcome:
    phases = {"connect": (0.0, 1.0), "measure": (1.0, 2.0)}
    events: list[dict[str, Any]] = [{"kind": "drop", "second": 1.5, "share": 0.5}]
    return Outcome(recording(), verdict, phases, usage(processes=processes), events)


def result(verdict: Verdict = PASSED, **fields: Any) -> Result:
    done = outcome(verdict)
    made = Result(
        format=FORMAT,
        name="direct",
        scenario=SCENARIO,
        started_at="2026-01-02T03:04:05+00:00",
        processes=1,
        urls=1,
        machine={"cores": 2},
        durability="fsync=on",
        verdict=verdict,
        figures=key_figures(done),
        phases=done.phases,
        summaries={phase: done.recording.summary(phase) for phase in done.recording.counts},
        usage=done.usage,
        events=done.events,
        timeline=done.recording.points,
    )
    return msgspec.structs.replace(made, **fields)
