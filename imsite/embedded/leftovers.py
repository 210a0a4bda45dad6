"""PostgreSQL processes of a data folder that outlived their supervisor, and how they are ended.

A process counts as ours only when it is a PostgreSQL program whose working folder is the data folder; a recycled
pid in a stale `postmaster.pid` therefore never makes us end, or wait for, a stranger.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from imsite.embedded.binaries import find_program

STOP_TIMEOUT_S = 10.0
KILL_TIMEOUT_S = 5.0
LEAVE_TIMEOUT_S = 1.0
POLL_S = 0.01


def clear_leftovers(pgdata: Path) -> None:
    """End what still runs on `pgdata` and remove a stale `postmaster.pid`. The caller holds the folder's lock."""
    postmaster = _find_postmaster(pgdata)
    if postmaster is not None:
        stop_process(postmaster, pgdata)
    kill_backends(pgdata)
    (pgdata / "postmaster.pid").unlink(missing_ok=True)


def stop_process(postmaster: psutil.Process, pgdata: Path) -> None:
    """Fast shutdown: sessions are cut off, data is checkpointed. After 10 s without effect the process is killed."""
    _request_stop(postmaster, pgdata)
    _kill(_await_end([postmaster], pgdata, STOP_TIMEOUT_S), pgdata)
    kill_backends(pgdata)


def kill_backends(pgdata: Path) -> None:
    """Kill server processes without a postmaster, which hold the shared memory and so forbid a new start.

    They leave by themselves as a rule; those that do not within a second are killed. Nothing committed is lost:
    it is in the write-ahead log.
    """
    _kill(_await_end(find_processes(pgdata), pgdata, LEAVE_TIMEOUT_S), pgdata)


def find_processes(pgdata: Path) -> list[psutil.Process]:
    """Every PostgreSQL process working in `pgdata`."""
    return [process for process in psutil.process_iter() if _works_in(process, pgdata)]


def _find_postmaster(pgdata: Path) -> psutil.Process | None:
    try:
        pid = int((pgdata / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        process = psutil.Process(pid)
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None
    return process if _works_in(process, pgdata) else None


def _works_in(process: psutil.Process, pgdata: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == pgdata.resolve()
    except (psutil.Error, OSError):
        return False


def _request_stop(postmaster: psutil.Process, pgdata: Path) -> None:
    if sys.platform == "win32":
        import subprocess

        command = [find_program("pg_ctl"), "stop", "-D", pgdata, "-m", "fast", "--no-wait"]
        subprocess.run(command, check=False, capture_output=True, timeout=STOP_TIMEOUT_S)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(postmaster.pid, signal.SIGINT)


def _kill(processes: list[psutil.Process], pgdata: Path) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _await_end(processes, pgdata, KILL_TIMEOUT_S)


def _await_end(processes: list[psutil.Process], pgdata: Path, timeout_s: float) -> list[psutil.Process]:
    """The processes that still run after `timeout_s`. Dead ones that nobody reaped do not count: they hold nothing."""
    deadline = time.monotonic() + timeout_s
    while alive := [process for process in processes if _works_in(process, pgdata)]:
        if time.monotonic() > deadline:
            return alive
        time.sleep(POLL_S)
    return []
