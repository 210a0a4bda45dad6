"""One whole installation in a folder that is thrown away: its own durable PostgreSQL, and a node as a process."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from apps.client import ClientOptions, ImClient
from imsite.embedded import EmbeddedPostgres
from imsite.embedded.address import ServerAddress
from imsite.embedded.leftovers import find_processes
from imsite.env import ROOT
from tests.ports import take_port

READY_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 20.0


class Installation:
    """PostgreSQL and a node, each of which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = secrets.token_urlsafe(12)
        self.postgres = EmbeddedPostgres(folder / "data")
        self.http_port, self.ws_port = (take_port() for _ in range(2))
        self._cluster_ports = [str(take_port()) for _ in range(2)]
        self.users: dict[str, str] = {}
        self.conversations: list[str] = []
        # The server dies with the thread that started it, so one thread that outlives every test starts it.
        self._starter = ThreadPoolExecutor(1)
        self._address: ServerAddress | None = None
        self._node: subprocess.Popen[bytes] | None = None
        self._log = (folder / "node.log").open("ab")

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.ws_port}/ws/v1"

    @property
    def database_url(self) -> str:
        assert self._address is not None
        return self._address.url

    def prepare(self) -> None:
        """Start PostgreSQL, make the tables and the people, start the node."""
        self._address = self._starter.submit(self.postgres.start).result()
        self._run(["manage.py", "migrate", "--verbosity", "0"])
        seeded = json.loads(self._run(["-m", "tests.resilience.seed", self.password]))
        self.users, self.conversations = seeded["users"], seeded["conversations"]
        self.start_node()
        self.await_node()

    def start_node(self) -> None:
        arguments = ["--http-port", str(self.http_port), "--ws-port", str(self.ws_port), "--until-stdin-closes"]
        self._node = subprocess.Popen(
            [sys.executable, "manage.py", "node", *arguments],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def kill_node(self) -> None:
        """As when the machine takes it away: SIGKILL, no last word."""
        assert self._node is not None
        self._node.kill()
        self._node.wait()

    def terminate_node(self) -> int:
        """Ask the node to stop, and return its exit code."""
        assert self._node is not None
        self._node.terminate()
        return self._node.wait(STOP_TIMEOUT_S)

    def await_node(self) -> None:
        """Return when the node answers over HTTP."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self._node is not None
            assert self._node.poll() is None, self.log_tail()
            try:
                with urllib.request.urlopen(f"{self.http_url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the node is not ready: {self.log_tail()}")

    def kill_postgres(self) -> None:
        """SIGKILL for the postmaster; its backends end by themselves, or are ended by the next start."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGKILL)

    def start_postgres(self) -> None:
        address = self._starter.submit(self.postgres.start).result()
        assert address == self._address, "the node could not find a server that moved"

    def client(self, login: str, options: ClientOptions) -> ImClient:
        return ImClient(self.http_url, self.ws_url, login, self.password, options=options)

    def log_tail(self) -> str:
        return (self.folder / "node.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        if self._node is not None and self._node.poll() is None:
            self.kill_node()
        self.postgres.stop()
        self._starter.shutdown()
        self._log.close()

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "imsite.settings.prod",
            "IM_DATA_DIR": str(self.folder / "data"),
            "IM_CLUSTER_PORT": self._cluster_ports[0],
            "IM_CLUSTER_DATA_PORT": self._cluster_ports[1],
            "IM_VENV": "none",
        }


@contextmanager
def installation() -> Iterator[Installation]:
    """An installation that is ready, and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="imsite-resilience-"))
    running = Installation(folder)
    try:
        running.prepare()
        yield running
    finally:
        running.close()
        for process in find_processes(folder / "data" / "postgres"):
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
