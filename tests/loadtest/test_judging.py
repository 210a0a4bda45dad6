"""Whether a run passed."""

import pytest

from apps.loadtest.judging import MAX_LISTED, Verdict, judge
from apps.loadtest.ledger import RoomReport
from apps.loadtest.orders import Snapshot
from apps.loadtest.recording import Recording
from apps.loadtest.scenario import Scenario

SCENARIO = Scenario(title={}, sessions=10)


def judged(*, opened: int = 10, unanswered: int = 0, lost_rooms: int = 0, **counts: int) -> Verdict:
    recording = Recording()
    recording.take(Snapshot(0, "measure", 10, 0, counts, {}))
    reports = [RoomReport("c", 0, 2, 2, unanswered, {"2:aa": 2})]
    reports += [RoomReport(f"lost{number}", 0, 2, 3, 0, {"2:aa": 2}) for number in range(lost_rooms)]
    return judge(SCENARIO, reports, recording, connected=opened, open_at_end=10)


def test_everything_kept_passes() -> None:
    verdict = judged()

    assert verdict.passed
    assert (verdict.acked, verdict.conversations, verdict.faults) == (2, 1, [])


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"opened": 9}, "not_connected"),
        ({"unanswered": 1}, "unanswered"),
        ({"refused": 1}, "refused"),
        ({"reordered": 1}, "reordered"),
        ({"gaps": 1}, "gap"),
        ({"lost_rooms": 1}, "lost"),
    ],
)
def test_each_fault_fails_it(what: dict[str, int], code: str) -> None:
    verdict = judged(**what)

    assert not verdict.passed
    assert verdict.fault_counts == {code: 1}


def test_many_faults_are_counted_but_not_all_listed() -> None:
    verdict = judged(lost_rooms=MAX_LISTED + 5)

    assert verdict.fault_counts == {"lost": MAX_LISTED + 5}
    assert len(verdict.faults) == MAX_LISTED
