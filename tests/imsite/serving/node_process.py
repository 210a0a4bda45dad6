"""A real `manage.py node` on the test database, for the tests of both servers."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from imsite.env import ROOT
from tests.ports import take_port

START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """One running node."""

    process: subprocess.Popen[str]
    http_port: int
    ws_port: int

    def get(self, path: str, port: int | None = None) -> tuple[int, bytes]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.http_port}{path}", timeout=10) as answer:
            return answer.status, answer.read()

    def socket_url(self, port: int) -> str:
        return f"ws://127.0.0.1:{port}/ws/v1"

    def finish(self, timeout_s: float = 20.0) -> tuple[int, str]:
        """Wait for its end; exit code and what it wrote on standard error."""
        assert self.process.stderr is not None
        code = self.process.wait(timeout_s)
        return code, self.process.stderr.read()


def test_database_url() -> str:
    """The URL of the database that pytest made, for other processes."""
    fields = connection.settings_dict
    login = f"{quote(fields['USER'])}:{quote(fields['PASSWORD'])}"
    return f"postgresql://{login}@{fields['HOST']}:{fields['PORT']}/{fields['NAME']}"


def start_node(server: str, data_dir: Path, *, http_port: int, ws_port: int, **variables: str) -> NodeProcess:
    """Start a node without waiting for it; `variables` are set in its environment."""
    environment = dict(
        os.environ,
        DATABASE_URL=test_database_url(),
        DJANGO_SETTINGS_MODULE="imsite.settings.prod",
        IM_VENV="none",
        IM_DATA_DIR=str(data_dir),
        IM_HTTP_PORT=str(http_port),
        IM_WS_PORT=str(ws_port),
        IM_CLUSTER_PORT=str(take_port()),
        IM_CLUSTER_DATA_PORT=str(take_port()),
    )
    environment |= variables
    process = subprocess.Popen(
        [sys.executable, "manage.py", "node", "--server", server, "--until-stdin-closes"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return NodeProcess(process, http_port, ws_port)


@contextlib.contextmanager
def running_node(server: str, data_dir: Path, **variables: str) -> Iterator[NodeProcess]:
    """A node that answers; killed afterwards if it has not ended by itself."""
    http_port, ws_port = (take_port() for _ in range(2))
    node = start_node(server, data_dir, http_port=http_port, ws_port=ws_port, **variables)
    try:
        _await_health(node)
        yield node
    finally:
        node.process.kill()
        node.process.wait()
        for pipe in (node.process.stdin, node.process.stderr):
            if pipe is not None:
                pipe.close()


def _await_health(node: NodeProcess) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert node.process.poll() is None, node.finish()[1]
        with contextlib.suppress(OSError):
            node.get("/readyz")
            return
        time.sleep(0.05)
    raise AssertionError("the node did not answer in time")
