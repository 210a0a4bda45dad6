"""The lock excludes other processes and dies with its holder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imsite.env import ROOT
from imsite.filelock import FileLock

HOLDER = """
import sys, time
from pathlib import Path
from imsite.filelock import FileLock
assert FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "up.lock"


def test_the_holder_writes_its_pid(path: Path) -> None:
    lock = FileLock(path)

    assert lock.acquire()

    assert lock.holder() == str(os.getpid())


def test_a_second_lock_is_refused_until_the_first_is_released(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    first.acquire()

    assert not second.acquire()

    first.release()
    assert second.acquire()


def test_another_process_holds_it_until_it_is_killed(path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = FileLock(path)

        assert not lock.acquire(timeout_s=0.2)
        assert lock.holder() == str(holder.pid)

        holder.kill()
    assert lock.acquire(timeout_s=5)


def test_the_holder_of_a_lock_nobody_took_is_unknown(path: Path) -> None:
    assert FileLock(path).holder() == ""
