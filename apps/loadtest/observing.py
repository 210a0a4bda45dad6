"""Memory and CPU of the processes under test, where they run on this machine.

Not here: finding out what they do with it.
"""

import contextlib
from collections.abc import Iterable

import msgspec
import psutil


class Usage(msgspec.Struct, frozen=True):
    """Of all observed processes together: resident memory now, and CPU seconds since they started."""

    rss_bytes: int
    cpu_s: float
    processes: int


class Observer:
    """Looks at a set of processes; one that is gone counts with the CPU it had used when it was last seen."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._processes: dict[int, psutil.Process] = {}
        self._cpu_s: dict[int, float] = {}
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                self._processes[pid] = psutil.Process(pid)

    def look(self) -> Usage:
        """Return what they use."""
        rss, alive = 0, 0
        for pid, process in self._processes.items():
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                self._cpu_s[pid] = times.user + times.system
                rss += process.memory_info().rss
                alive += 1
        return Usage(rss, sum(self._cpu_s.values()), alive)


def listeners(ports: Iterable[int]) -> list[int]:
    """Return the processes of this machine that listen on these ports, as far as the system tells.

    Where a process forks others that serve its port, the system names any one of them: those below it belong to it.
    """
    wanted = set(ports)
    found = set()
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port in wanted and connection.pid:
                found.add(connection.pid)
    for pid in list(found):
        with contextlib.suppress(psutil.Error):
            found.update(child.pid for child in psutil.Process(pid).children(recursive=True))
    return sorted(found)
