"""Forked processes serve what they were planned for, come back when they die, and end when they are to."""

import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import TextIOWrapper

import pytest

from imsite.errors import NodeRemoved, OperatorError
from imsite.supervision import restarts, workers
from imsite.supervision.processes import ProcessPlan
from imsite.supervision.restarts import QUICK_DEATHS_MAX
from imsite.supervision.workers import CRASH_EXIT_CODE, Serve, Workers
from tests.imsite.supervision.builders import worker

WAIT_S = 20.0


class Crew:
    """Workers below this process, what they report, and the standard input that stops them."""

    def __init__(self, stop: int, reports: int) -> None:
        self._stop = stop
        self._reports = reports
        self._said = b""

    def stop(self) -> None:
        os.close(self._stop)

    def wait_for(self, *lines: str) -> None:
        """Return once each of these was reported, as often as it is named."""
        deadline = time.monotonic() + WAIT_S
        while not all(self.count(line) >= lines.count(line) for line in lines):
            assert time.monotonic() < deadline, self._said
            self._said += os.read(self._reports, 4096)

    def count(self, line: str) -> int:
        return self._said.decode().splitlines().count(line)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarts, "FIRST_DELAY_S", 0.0)
    monkeypatch.setattr(workers, "WATCH_POLL_S", 0.01)


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch, kept_handlers: None, quick: None) -> Iterator[tuple[Crew, int]]:
    """A crew whose standard input is ours, and where its processes report."""
    stdin, stop = os.pipe()
    reading, writing = os.pipe()
    with os.fdopen(stdin) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield Crew(stop, reading), writing
    os.close(reading)
    os.close(writing)
    gc.unfreeze()


def serving(crew: Crew, serve: Serve) -> Serve:
    """`serve` in a process that lets go of the end of standard input that only this one should hold."""

    def run_there(plan: ProcessPlan, listeners: list[socket.socket]) -> None:
        crew.stop()
        serve(plan, listeners)

    return run_there


def run(crew: Workers, watch: Callable[[], None]) -> None:
    """Run the crew here, and what watches it in a thread; what that finds wrong is raised here."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            watch()
        except BaseException as error:
            failures.append(error)
            crew._asked_to_stop = True

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        crew.run(until_stdin_closes=True)
    finally:
        thread.join(WAIT_S)
    assert failures == []


def test_each_serves_by_its_plan_until_standard_input_closes(pipes: tuple[Crew, int]) -> None:
    crew, report = pipes

    def serve(plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        os.write(report, f"{plan.name} serves\n".encode())
        signal.pause()

    def watch() -> None:
        crew.wait_for("a serves", "b serves")
        crew.stop()

    together = [worker("a"), worker("b")]
    run(Workers(together, serving(crew, serve)), watch)

    assert [each.pid for each in together] == [0, 0]


def test_one_for_pages_stands_back_behind_the_others(pipes: tuple[Crew, int]) -> None:
    crew, report = pipes
    usual = os.nice(0)

    def serve(plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        os.write(report, f"{plan.name} {os.nice(0) - usual}\n".encode())
        signal.pause()

    def watch() -> None:
        crew.wait_for("pages 2", "sessions 0")
        crew.stop()

    run(Workers([worker("pages", niceness=2), worker("sessions")], serving(crew, serve)), watch)

    assert os.nice(0) == usual


def test_a_signal_stops_all(pipes: tuple[Crew, int]) -> None:
    crew, report = pipes

    def serve(_plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        os.write(report, b"serves\n")
        signal.pause()

    def watch() -> None:
        crew.wait_for("serves", "serves")
        os.kill(os.getpid(), signal.SIGTERM)

    together = [worker("a"), worker("b")]
    run(Workers(together, serving(crew, serve)), watch)

    assert [each.pid for each in together] == [0, 0]
    crew.stop()


def test_one_that_dies_comes_back_alone_and_what_connects_meanwhile_waits_for_it(
    pipes: tuple[Crew, int], capsys: pytest.CaptureFixture[str]
) -> None:
    crew, report = pipes
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    together = [worker("a", listener), worker("b")]

    def serve(plan: ProcessPlan, listeners: list[socket.socket]) -> None:
        os.write(report, f"{plan.name} serves\n".encode())
        if plan.name == "a" and together[0].budget._quick_deaths:
            listeners[0].accept()[0].sendall(b"welcome")
            signal.pause()
        elif plan.name == "a":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()

    def watch() -> None:
        with socket.create_connection(address, timeout=WAIT_S) as connection:
            assert connection.recv(100) == b"welcome"
        crew.wait_for("a serves", "a serves", "b serves")
        crew.stop()

    run(Workers(together, serving(crew, serve)), watch)

    assert crew.count("b serves") == 1
    assert "imsite: a: the node ended with exit code -9; starting it again" in capsys.readouterr().out
    listener.close()


def test_one_that_dies_again_and_again_ends_them_all(pipes: tuple[Crew, int]) -> None:
    crew, report = pipes

    def serve(plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        os.write(report, f"{plan.name} serves\n".encode())
        if plan.name == "a":
            raise OperatorError("port 8002 is taken")
        signal.pause()

    together = [worker("a"), worker("b")]
    with pytest.raises(OperatorError, match=r"again and again \(exit code 1\)"):
        run(
            Workers(together, serving(crew, serve)), lambda: crew.wait_for(*["a serves"] * QUICK_DEATHS_MAX, "b serves")
        )

    assert [each.pid for each in together] == [0, 0]
    crew.stop()


def test_one_that_an_operator_removed_is_not_started_again_and_others_take_its_connections(
    pipes: tuple[Crew, int], capsys: pytest.CaptureFixture[str]
) -> None:
    crew, report = pipes
    shared, alone = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    together = [worker("a", shared, alone), worker("b", shared)]

    def serve(plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        os.write(report, f"{plan.name} serves\n".encode())
        if plan.name == "a":
            raise NodeRemoved("removed")
        signal.pause()

    def watch() -> None:
        crew.wait_for("a serves", "b serves")
        deadline = time.monotonic() + WAIT_S
        while together[0].start_at is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        crew.stop()

    run(Workers(together, serving(crew, serve)), watch)

    assert (together[0].start_at, crew.count("a serves")) == (None, 1)
    assert (alone.fileno(), shared.fileno() > 0) == (-1, True)
    assert "imsite: a: removed from the cluster: not started again" in capsys.readouterr().out
    shared.close()


def test_with_the_last_one_removed_there_is_nothing_to_serve(pipes: tuple[Crew, int]) -> None:
    crew, _report = pipes

    def serve(_plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        raise NodeRemoved("removed")

    with pytest.raises(NodeRemoved, match="every process"):
        run(Workers([worker("a"), worker("b")], serving(crew, serve)), lambda: None)

    crew.stop()


def test_a_deaf_one_is_killed(pipes: tuple[Crew, int], monkeypatch: pytest.MonkeyPatch) -> None:
    crew, report = pipes
    monkeypatch.setattr(workers, "STOP_TIMEOUT_S", 0.1)

    def serve(_plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(report, b"serves\n")
        while True:
            signal.pause()

    def watch() -> None:
        crew.wait_for("serves")
        crew.stop()

    deaf = worker("a")
    run(Workers([deaf], serving(crew, serve)), watch)

    assert deaf.pid == 0


def test_without_its_parent_it_ends_at_once() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        workers._end_with_parent(reading)

    os.close(writing)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == CRASH_EXIT_CODE
    os.close(reading)


def test_a_pause_without_standard_input_only_waits(quick: None) -> None:
    crew = Workers([], lambda _plan, _listeners: None)

    crew._pause(until_stdin_closes=False)

    assert not crew._asked_to_stop


def test_nobody_reading_what_is_said_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with TextIOWrapper(os.fdopen(writing, "wb", buffering=0), write_through=True) as broken:
        monkeypatch.setattr(sys, "stdout", broken)

        workers._say("a", "starting it again")
