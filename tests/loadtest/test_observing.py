"""Memory and CPU of the processes under test."""

import os
import socket
import subprocess
import sys

import pytest

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

    assert os.getpid() in found
    assert listeners([]) == []


FORKS = """
import os, socket
server = socket.create_server(("127.0.0.1", 0))
child = os.fork()
if child:
    print(server.getsockname()[1], os.getpid(), child, flush=True)
input()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_those_who_serve_the_port_of_the_one_that_forked_them_are_found() -> None:
    with subprocess.Popen([sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port, parent, child = map(int, process.stdout.readline().split())

        found = listeners([port])
        process.communicate(b"\n\n")

    assert {parent, child} & set(found)
    assert parent not in found or child in found
