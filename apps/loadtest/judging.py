"""Whether a load test passed: every promise kept, everybody connected, every message answered.

Pure. How fast it was is not judged here; that is for who reads the result.
"""

from typing import Final

import msgspec

from apps.loadtest.ledger import Fault, RoomReport, find_faults
from apps.loadtest.recording import Recording
from apps.loadtest.scenario import Scenario

MAX_LISTED: Final = 50


class Verdict(msgspec.Struct, frozen=True):
    """`passed` when there is no fault. Counts say how many of each; at most some faults are listed."""

    passed: bool
    faults: list[Fault]
    fault_counts: dict[str, int]
    conversations: int
    acked: int
    connected: int
    open_at_end: int


def judge(
    scenario: Scenario, reports: list[RoomReport], recording: Recording, *, connected: int, open_at_end: int
) -> Verdict:
    """Compare what was promised with what came."""
    faults = find_faults(reports)
    unanswered = sum(report.unanswered for report in reports)
    beyond = {
        "not_connected": max(0, scenario.sessions - connected),
        "not_open_at_end": max(0, scenario.sessions - open_at_end),
        "refused": recording.total("refused"),
        "unanswered": unanswered,
        "reordered": recording.total("reordered"),
        "gap": recording.total("gaps"),
    }
    faults += [Fault(code, "", str(count)) for code, count in beyond.items() if count]
    counts: dict[str, int] = {}
    for fault in faults:
        counts[fault.code] = counts.get(fault.code, 0) + 1
    return Verdict(
        passed=not faults,
        faults=faults[:MAX_LISTED],
        fault_counts=counts,
        conversations=len({report.conversation for report in reports}),
        acked=sum(report.acked for report in reports),
        connected=connected,
        open_at_end=open_at_end,
    )
