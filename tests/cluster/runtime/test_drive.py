"""The control plane's thread."""

import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from apps.cluster.runtime.drive import DriveThread
from apps.cluster.runtime.engine import Engine
from apps.cluster.runtime.files import FolderInUse
from tests.cluster.live import Fatal, config


async def echo(frame: bytes) -> bytes:
    return frame


def drive(folder: Path, ends: Fatal) -> DriveThread:
    return DriveThread(config(folder, "n"), echo, lambda *end: ends.append(end))


def test_the_node_lives_in_a_thread_of_its_own(tmp_path: Path) -> None:
    ends: Fatal = []
    thread = drive(tmp_path, ends)
    engine = thread.start()
    name: Future[str] = Future()

    thread.post(lambda: name.set_result(threading.current_thread().name))
    found = name.result(5)
    outcome = thread.ask(engine, engine.machine.read).result(5)
    thread.stop()

    assert found == "imsite-cluster"
    assert outcome[0] == ""
    assert ends == []


def test_what_keeps_it_from_starting_reaches_the_starter(tmp_path: Path) -> None:
    first = drive(tmp_path, [])
    first.start()

    with pytest.raises(FolderInUse):
        drive(tmp_path, []).start()
    first.stop()


def test_everything_is_free_again_after_a_stop(tmp_path: Path) -> None:
    for _ in range(2):
        thread = drive(tmp_path, [])
        thread.start()
        thread.stop()
        thread.stop()

    assert not any(other.name == "imsite-cluster" and other.is_alive() for other in threading.enumerate())


def test_who_asks_after_the_end_is_told(tmp_path: Path) -> None:
    thread = drive(tmp_path, [])
    engine = thread.start()

    thread.stop()

    assert thread.ask(engine, engine.machine.read).result(1) == ("stopped", None)
    assert not thread.post(lambda: None)


def test_a_node_that_must_stop_ends_its_thread_and_says_why(tmp_path: Path) -> None:
    ends: Fatal = []
    thread = drive(tmp_path, ends)
    engine = thread.start()

    def fail(_: int) -> None:
        raise AssertionError("broken")

    thread.post(lambda: engine.run(fail))
    thread._thread.join(5)

    assert ends == [("defect", "AssertionError: broken")]
    assert not thread._thread.is_alive()


def test_a_failure_while_closing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: Fatal = []
    thread = drive(tmp_path, ends)
    thread.start()

    async def fail(_: Engine) -> None:
        raise RuntimeError("cannot close")

    monkeypatch.setattr(Engine, "stop", fail)
    thread.stop()

    assert ends == [("defect", "RuntimeError: cannot close")]


def test_a_loop_that_is_closing_takes_no_more_work(tmp_path: Path) -> None:
    thread = drive(tmp_path, [])
    thread.start()
    thread.stop()
    thread._ended.clear()

    assert not thread.post(lambda: None)
