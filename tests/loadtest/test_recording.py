"""The timeline and totals of a run."""

from apps.loadtest.histogram import Histogram
from apps.loadtest.observing import Usage
from apps.loadtest.orders import Snapshot
from apps.loadtest.recording import Recording

NOTHING = Usage(0, 0.0, 0)


def snapshot(number: int, phase: str, *, opened: int, sent: int, ack_us: int = 0) -> Snapshot:
    acks = Histogram()
    if ack_us:
        acks.record(ack_us)
    return Snapshot(number, phase, opened, 1, {"sent": sent}, {"ack": acks.to_plain()} if ack_us else {})


def test_processes_are_added_up_second_by_second() -> None:
    recording = Recording()
    recording.take(snapshot(0, "measure", opened=5, sent=1, ack_us=1000))
    recording.take(snapshot(1, "measure", opened=7, sent=2, ack_us=9000))

    first = recording.end_second(1.02, Usage(1000, 1.0, 1), Usage(10, 0.5, 3))
    recording.take(snapshot(1, "measure", opened=6, sent=4))
    second = recording.end_second(2.02, Usage(2000, 1.5, 1), Usage(10, 0.75, 3))

    assert (first.second, first.open, first.waiting, first.counts) == (1, 12, 2, {"sent": 3})
    assert first.durations["ack"]["max"] == 9.0
    assert (first.server_cpu, first.server_rss_bytes) == (0.0, 1000)
    assert (second.open, second.counts, second.durations) == (11, {"sent": 4}, {})
    assert (second.server_cpu, second.client_cpu) == (0.5, 0.25)
    assert recording.points == [first, second]


def test_phases_have_totals_of_their_own() -> None:
    recording = Recording()
    recording.take(snapshot(0, "warm_up", opened=1, sent=1, ack_us=5))
    recording.take(snapshot(0, "measure", opened=1, sent=10, ack_us=7))
    recording.end_second(1, NOTHING, NOTHING)

    summary = recording.summary("measure")

    assert recording.total("sent") == 11
    assert recording.total("nothing") == 0
    assert summary["counts"] == {"sent": 10}
    assert summary["durations_ms"]["ack"]["count"] == 1
    assert recording.summary("settle") == {"counts": {}, "durations_ms": {}}
