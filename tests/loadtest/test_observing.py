"""Memory and CPU of the processes under test."""

import os
import socket
import subprocess
import sys

from apps.loadtest.observing import Observer, listeners


def test_a_process_is_observed() -> None:
    usage = Observer([os.getpid()]).look()

    assert usage.processes == 1
    assert usage.rss_bytes > 1_000_000
    assert usage.cpu_s > 0


def test_a_process_that_ended_keeps_its_cpu() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    observer = Observer([process.pid, 2**22 + 1])
    before = observer.look()
    process.communicate(b"\n")

    after = observer.look()

    assert (before.processes, after.processes) == (1, 0)
    assert after.rss_bytes == 0
    assert after.cpu_s == before.cpu_s


def test_who_listens_on_a_port_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = listeners([server.getsockname()[1]])

    assert found == [os.getpid()]
    assert listeners([]) == []
