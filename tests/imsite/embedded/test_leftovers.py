"""Only PostgreSQL processes of the very data folder are ours to end."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imsite.embedded import leftovers
from tests.imsite.embedded.conftest import needs_linux

pytestmark = [needs_linux, pytest.mark.processes]


@pytest.fixture
def pgdata(tmp_path: Path) -> Path:
    folder = tmp_path / "postgres"
    folder.mkdir()
    return folder


@pytest.fixture
def impostor(tmp_path: Path, pgdata: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process named postgres in the data folder, deaf to a polite end."""
    program = tmp_path / "postgres-fake"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    deaf = [
        sys.executable,
        "-c",
        "import os, signal, sys; signal.signal(2, signal.SIG_IGN); os.execv(*eval(sys.argv[1]))",
    ]
    with subprocess.Popen([*deaf, repr((str(program), ["postgres", "60"]))], cwd=pgdata) as process:
        deadline = time.monotonic() + 10
        while not leftovers.find_processes(pgdata) and time.monotonic() < deadline:
            os.sched_yield()
        yield process
        process.kill()


def test_a_process_of_the_folder_is_found(impostor: subprocess.Popen[bytes], pgdata: Path) -> None:
    assert [process.pid for process in leftovers.find_processes(pgdata)] == [impostor.pid]


def test_a_process_of_another_folder_is_not(impostor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert leftovers.find_processes(tmp_path) == []


def test_a_deaf_postmaster_is_killed_in_the_end(
    impostor: subprocess.Popen[bytes], pgdata: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "STOP_TIMEOUT_S", 0.2)
    (pgdata / "postmaster.pid").write_text(f"{impostor.pid}\n", encoding="ascii")

    leftovers.clear_leftovers(pgdata)

    assert impostor.wait(5) == -9
    assert not (pgdata / "postmaster.pid").exists()


def test_a_process_that_the_pid_file_names_wrongly_is_left_alone(pgdata: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=pgdata) as stranger:
        (pgdata / "postmaster.pid").write_text(f"{stranger.pid}\n", encoding="ascii")

        leftovers.clear_leftovers(pgdata)

        assert stranger.poll() is None
        assert not (pgdata / "postmaster.pid").exists()
        stranger.kill()


def test_a_folder_without_leftovers_needs_nothing(pgdata: Path) -> None:
    leftovers.clear_leftovers(pgdata)

    assert list(pgdata.iterdir()) == []
