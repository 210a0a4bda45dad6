"""One node, several real processes: shared ports, divided work, and what becomes of it when one dies or is removed."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from apps.wire.errors import CloseCode
from imsite.env import ROOT
from tests.imsite.serving.node_process import NodeProcess, running_node
from tests.imsite.serving.node_suite import receive_until_closed
from tests.ports import take_port

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

WAIT_S = 80.0
PROCESSES = 3


class Node:
    """A node of three processes."""

    def __init__(self, process: NodeProcess, data_dir: Path, probe_port: int) -> None:
        self.process = process
        self.data_dir = data_dir
        self._probe_port = probe_port

    def pids(self) -> list[int]:
        """Its processes, oldest first."""
        children = psutil.Process(self.process.process.pid).children()
        return [child.pid for child in sorted(children, key=psutil.Process.create_time)]

    def answers(self, place: int) -> bool:
        """Whether the process at this place is ready."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self._probe_port + 10 * place}/readyz", timeout=5
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def cluster(self, *arguments: str) -> Any:
        """What `manage.py cluster` says."""
        environment = {"IM_DATA_DIR": str(self.data_dir), "IM_VENV": "none", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "manage.py", "cluster", *arguments, "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    def connect(self, port: int) -> ClientConnection:
        return connect(self.process.socket_url(port))


def until(holds: Callable[[], bool]) -> None:
    """Wait for what other processes bring about."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def node(django_db_setup: None, tmp_path: Path) -> Iterator[Node]:
    probe_port = take_port()
    variables = {"IM_NODE_PROCESSES": str(PROCESSES), "IM_PROBE_PORT": str(probe_port), "IM_NODE_NAME": "n"}
    with running_node("im", tmp_path, **variables) as process:
        node = Node(process, tmp_path, probe_port)
        until(lambda: all(node.answers(place) for place in range(PROCESSES)))
        yield node


def test_pages_and_sessions_are_served_apart_and_all_ends_gracefully(node: Node) -> None:
    process = node.process
    status, _page = process.get("/accounts/login/")
    with pytest.raises(urllib.error.HTTPError) as refusal:
        process.get("/accounts/login/", process.ws_port)
    sessions = [node.connect(port) for port in [process.ws_port] * 20 + [process.http_port]]
    serving = [
        [
            one
            for one in psutil.Process(pid).net_connections("tcp")
            if one.status == "ESTABLISHED" and one.laddr and one.laddr.port == process.ws_port
        ]
        for pid in node.pids()
    ]

    process.process.send_signal(signal.SIGTERM)
    for session in sessions:
        with pytest.raises(ConnectionClosed) as closed:
            receive_until_closed(session)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.RESTART
    code, said = process.finish(WAIT_S)

    assert (status, refusal.value.code, json.loads(refusal.value.read())["code"]) == (200, 421, "no_pages_here")
    assert [bool(one) for one in serving] == [False, True, True], (
        "sessions are spread over the processes that serve them"
    )
    assert (code, "Traceback" in said) == (0, False), said
    assert all(f"[{name}] " in said for name in ("n", "n-2", "n-3"))


def test_a_killed_process_comes_back_and_the_sessions_of_the_others_stay(node: Node) -> None:
    pids = node.pids()
    page_session = node.connect(node.process.http_port)

    psutil.Process(pids[2]).kill()
    until(lambda: len(node.pids()) == PROCESSES and pids[2] not in node.pids())
    until(lambda: node.answers(2))
    node.connect(node.process.ws_port).close()

    assert pids[:2] == node.pids()[:2]
    page_session.ping().wait(WAIT_S)
    assert [member["status"] for member in node.cluster("members")] == ["alive"] * PROCESSES
    page_session.close()


def test_one_that_is_removed_from_the_cluster_stays_away_and_the_others_serve(node: Node) -> None:
    until(lambda: all(member["slots"] or member["name"] == "n" for member in node.cluster("members")))
    pids = node.pids()

    node.cluster("remove", "n-3")
    until(lambda: len(node.pids()) == PROCESSES - 1)
    for _ in range(20):
        node.connect(node.process.ws_port).close()

    assert node.pids() == pids[:2]
    until(lambda: {member["name"] for member in node.cluster("members")} == {"n", "n-2"})
    assert node.answers(1)


def test_a_node_for_pages_only_answers_handshakes_with_503_and_a_code(django_db_setup: None, tmp_path: Path) -> None:
    with running_node("im", tmp_path, IM_NODE_ROLES="http") as process:
        for port in (process.http_port, process.ws_port):
            with pytest.raises(InvalidStatus) as refusal:
                connect(process.socket_url(port))

            assert refusal.value.response.status_code == 503
            assert json.loads(refusal.value.response.body)["code"] == "no_sessions_here"
        assert process.get("/accounts/login/")[0] == 200


def test_without_the_process_that_forked_them_all_end_at_once(node: Node) -> None:
    processes = [psutil.Process(pid) for pid in node.pids()]

    node.process.process.kill()

    assert psutil.wait_procs(processes, timeout=WAIT_S)[1] == []
