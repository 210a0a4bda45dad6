"""Threads side by side."""

import logging
from threading import Event

import pytest
from django.db import connection, connections

from apps.jobs.lanes import Lanes

WAIT_S = 60.0


@pytest.fixture
def gate() -> Event:
    return Event()


def test_slow_work_holds_up_nothing_but_itself(gate: Event) -> None:
    lanes, done = Lanes("test", 2), Event()

    assert lanes.start("slow", lambda: gate.wait(WAIT_S))
    assert lanes.start("quick", done.set)

    assert done.wait(WAIT_S)
    assert "slow" in lanes.busy
    gate.set()
    assert lanes.wait_all(WAIT_S)


def test_one_too_many_is_refused_and_so_is_a_key_at_work(gate: Event) -> None:
    lanes = Lanes("test", 2)
    lanes.start("a", lambda: gate.wait(WAIT_S))

    assert not lanes.start("a", gate.set)
    assert len(lanes.busy) == 1
    assert lanes.start("b", lambda: gate.wait(WAIT_S))
    assert lanes.is_full
    assert not lanes.start("c", gate.set)

    assert not gate.is_set()
    gate.set()
    assert lanes.wait_all(WAIT_S)
    assert lanes.busy == frozenset()


def test_waiting_ends_when_one_is_done_and_is_bounded(gate: Event) -> None:
    lanes = Lanes("test", 1)
    lanes.start("a", lambda: gate.wait(WAIT_S))

    assert not lanes.wait(0.01)
    assert not lanes.wait_all(0.01)

    gate.set()
    assert lanes.wait_all(WAIT_S)
    assert lanes.start("a", lambda: None)
    assert lanes.wait_all(WAIT_S)


def test_what_work_raises_is_logged_and_frees_the_lane(caplog: pytest.LogCaptureFixture) -> None:
    lanes = Lanes("test", 1)

    with caplog.at_level(logging.ERROR):
        lanes.start("a", lambda: 1 / 0)
        assert lanes.wait_all(WAIT_S)

    assert "test: a failed" in caplog.text


def test_a_thread_that_cannot_be_had_leaves_no_lane_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    lanes = Lanes("test", 1)
    monkeypatch.setattr("apps.jobs.lanes.Thread.start", refuse)

    with pytest.raises(RuntimeError):
        lanes.start("a", lambda: None)

    assert lanes.busy == frozenset()


@pytest.mark.usefixtures("committed")
def test_connections_of_a_lane_are_given_back() -> None:
    lanes, kept = Lanes("test", 1), []

    def ask() -> None:
        connection.ensure_connection()
        kept.append(connections["default"])

    lanes.start("a", ask)

    assert lanes.wait_all(WAIT_S)
    assert kept[0].connection is None
