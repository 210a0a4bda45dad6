"""The result and its key figures."""

from pathlib import Path

import pytest

from apps.loadtest.errors import ResultUnreadable
from apps.loadtest.judging import Verdict
from apps.loadtest.observing import Usage
from apps.loadtest.orders import Snapshot
from apps.loadtest.result import durability_of, is_error, key_figures, read_result, write_result
from tests.loadtest.results import outcome, result


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "result.json"

    write_result(result(), path)

    assert read_result(path) == result()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"format":"other"}'])
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)

    with pytest.raises(ResultUnreadable):
        read_result(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultUnreadable, match="No such file"):
        read_result(tmp_path / "none")


def test_key_figures_are_those_of_their_phases() -> None:
    figures = key_figures(outcome())

    assert figures["sessions"] == 10
    assert figures["connected_per_s"] == 10
    assert figures["acked_per_s"] == figures["delivered_per_s"] == 100
    assert figures["sign_in_max_ms"] == 5.0
    assert (figures["ack_max_ms"], figures["delivery_max_ms"]) == (9.0, 2.0)
    assert figures["server_kb_per_session"] == 6
    assert figures["server_cores"] == 0.5
    assert figures["server_ms_per_message"] == 5
    assert figures["client_cores"] == 0.25
    assert figures["errors"] == 2


def test_the_worst_second_after_connections_broke_is_told_apart_from_the_ramp() -> None:
    run = outcome()
    run.recording.points[0].counts["dialled"] = 900
    for dialled, signed_in in ((0, 0), (7, 2), (3, 5)):
        counts = {"dialled": dialled, "signed_in": signed_in}
        run.recording.take(Snapshot(0, "measure", 10, 0, counts, {}))
        run.recording.end_second(len(run.recording.points) + 1.0, Usage(1, 1, 1), Usage(1, 1, 1))

    figures = key_figures(run)

    assert (figures["dialled_again_per_s_max"], figures["signed_in_again_per_s_max"]) == (7, 5)


def test_nobody_is_said_to_be_back_where_nothing_broke() -> None:
    run = outcome()
    run.events.clear()
    run.recording.points[-1].counts["dialled"] = 9

    assert not any("again" in name for name in key_figures(run))


def test_without_a_server_to_look_at_nothing_is_said_of_it() -> None:
    assert not any(name.startswith("server") for name in key_figures(outcome(processes=0)))


def test_a_run_without_anything_has_few_figures() -> None:
    nothing = outcome(Verdict(False, [], {}, 0, 0, 0, 0))
    nothing.recording.counts.clear()
    nothing.recording.histograms.clear()
    nothing.recording.points.clear()

    assert key_figures(nothing) == {"sessions": 0, "connected_per_s": 0, "server_cores": 0.5, "errors": 0}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("sent", False), ("error:busy", True), ("ended:1006", True), ("given_up", True), ("closing:restart", False)],
)
def test_errors_are_told_from_other_counts(name: str, expected: bool) -> None:
    assert is_error(name) is expected


def test_the_durability_is_what_the_seeding_found_out() -> None:
    assert durability_of({}) == ""
    assert durability_of({"server_version": "18", "fsync": "off"}) == "PostgreSQL 18, fsync=off"
