"""Several nodes, each on a host of its own, over one PostgreSQL: killed, stopped, cut off, started, joined."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from apps.client import ClientOptions, ImClient
from apps.cluster.runtime.asking import AdminRequest, ask_node
from apps.cluster.runtime.keyring import KeyRing
from imsite.embedded import EmbeddedPostgres
from imsite.env import ROOT, Environment
from tests.resilience.cluster.network import HUB, Network, Relay, address_of, run

HTTP_PORT, WS_PORT, CLUSTER_PORT, DATA_PORT = 8000, 8001, 8002, 8003
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 25.0
SKEW_FILE = "clock-skew"
DISK_MIB = 48


@dataclass
class Node:
    """One node and where it keeps its things."""

    host: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def http_url(self) -> str:
        return f"http://{address_of(self.host)}:{HTTP_PORT}"

    @property
    def ws_url(self) -> str:
        return f"ws://{address_of(self.host)}:{WS_PORT}/ws/v1"

    @property
    def control(self) -> str:
        return f"{address_of(self.host)}:{CLUSTER_PORT}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class ClusterSite:
    """PostgreSQL and `founders` nodes that form a cluster; more hosts stand ready to join."""

    def __init__(self, folder: Path, *, hosts: int, founders: int) -> None:
        self.folder = folder
        self.network = Network(hosts)
        self.founders = founders
        self.nodes = {host: Node(host, folder / f"node-{host}") for host in range(1, hosts + 1)}
        self.password = secrets.token_urlsafe(12)
        self.users: dict[str, str] = {}
        self.conversations: list[str] = []
        self._secret = secrets.token_urlsafe(48)
        self._postgres = EmbeddedPostgres(folder / "database")
        self._database_url = ""
        self._relay: Relay | None = None

    async def prepare(self) -> None:
        """Start PostgreSQL, make tables and people, start the founders, and wait until they serve."""
        address = self._postgres.start()
        self._database_url = address.url
        self._relay = Relay(address.port)
        await self._relay.start()
        await self.manage("migrate", "--verbosity", "0")
        seeded = json.loads(await self._program("-m", "tests.resilience.seed", self.password))
        self.users, self.conversations = seeded["users"], seeded["conversations"]
        for host in range(1, self.founders + 1):
            self.start(host)
        await self.ready(*range(1, self.founders + 1))

    def start(self, host: int) -> None:
        """Start a node's process; does not wait until it serves."""
        node = self.nodes[host]
        node.folder.mkdir(exist_ok=True)
        with (node.folder / "node.log").open("ab") as log:
            node.process = subprocess.Popen(
                [*self.network.command_on(host), sys.executable, "manage.py", "node", "--until-stdin-closes"],
                cwd=ROOT,
                env=self._environment(node),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, host: int) -> None:
        """Take the node away: SIGKILL, no last word."""
        process = self._process(host)
        process.kill()
        process.wait()

    def freeze(self, host: int) -> None:
        """SIGSTOP: it stays where it is and does nothing, as in a long pause of its machine."""
        self._process(host).send_signal(signal.SIGSTOP)

    def thaw(self, host: int) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        self._process(host).send_signal(signal.SIGCONT)

    async def terminate(self, host: int) -> int:
        """Ask the node to stop; return its exit code."""
        process = self._process(host)
        process.terminate()
        return await asyncio.to_thread(process.wait, STOP_TIMEOUT_S)

    async def exit_code(self, host: int, *, within_s: float) -> int:
        """Wait until the node ends by itself, if it has not yet."""
        process = self.nodes[host].process
        assert process is not None
        return await asyncio.to_thread(process.wait, within_s)

    async def ready(self, *hosts: int) -> None:
        """Return when these nodes answer that they are well."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        for host in hosts:
            while not await asyncio.to_thread(self._is_well, self.nodes[host]):
                node = self.nodes[host]
                assert node.is_running, f"node {host} ended: {self.log_tail(host)}"
                assert time.monotonic() < deadline, f"node {host} is not ready: {self.log_tail(host)}"
                await asyncio.sleep(0.1)

    async def status(self, *, by: int) -> Any:
        """Ask a node for its status, without the time a command takes to start."""
        address = (address_of(by), CLUSTER_PORT)
        ring = KeyRing(Environment({"IM_SECRET_KEY": self._secret}).cluster_keys)
        reply = await asyncio.to_thread(ask_node, address, ring, AdminRequest("status"))
        assert reply.code == "", reply
        return reply.result

    async def cluster(self, *arguments: str, by: int) -> Any:
        """Run `manage.py cluster … --json` against a node and return what it says."""
        return json.loads(await self.manage("cluster", *arguments, "--json", "--node", self.nodes[by].control))

    async def manage(self, *arguments: str) -> str:
        """Run a command of manage.py on the hub."""
        return await self._program("manage.py", *arguments)

    async def person(self, *arguments: str, by: int = 1) -> None:
        """Run `tests.resilience.person` on the hub; what it has to tell sessions it hands to this host."""
        told = {"IM_CLUSTER_HOST": address_of(by), "IM_CLUSTER_DATA_PORT": str(DATA_PORT)}
        await self._program("-m", "tests.resilience.person", *arguments, environment=told)

    def skew_clock(self, host: int, seconds: float) -> None:
        """Let the wall clock of a node's program jump."""
        (self.nodes[host].folder / SKEW_FILE).write_text(str(seconds), encoding="ascii")

    def give_small_disk(self, host: int) -> None:
        """Put the folder of a node that is not started yet on a disk of its own that is easily filled."""
        folder = self.nodes[host].folder
        folder.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder))

    def fill_disk(self, host: int) -> None:
        """Leave no byte on the node's small disk."""
        with (self.nodes[host].folder / "ballast").open("wb", buffering=0) as ballast:
            for block in (b"\0" * 65536, b"\0" * 512, b"\0"):
                try:
                    while True:
                        ballast.write(block)
                except OSError:
                    continue

    def empty_disk(self, host: int) -> None:
        """Take the ballast off the disk again."""
        (self.nodes[host].folder / "ballast").unlink()

    def client(self, login: str, options: ClientOptions) -> ImClient:
        """A client that begins at a node of its own and knows all the founders."""
        place = list(self.users).index(login)
        nodes = [self.nodes[1 + (place + turn) % self.founders] for turn in range(self.founders)]
        http_urls, ws_urls = [node.http_url for node in nodes], [node.ws_url for node in nodes]
        return ImClient(http_urls, ws_urls, login, self.password, options=options)

    def log_tail(self, host: int) -> str:
        return (self.nodes[host].folder / "node.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        for node in self.nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.process.kill()
                node.process.wait()
        if self._relay is not None:
            self._relay.close()
        self._postgres.stop()

    def _process(self, host: int) -> subprocess.Popen[bytes]:
        process = self.nodes[host].process
        assert process is not None
        assert process.poll() is None, f"node {host} has ended: {self.log_tail(host)}"
        return process

    @staticmethod
    def _is_well(node: Node) -> bool:
        try:
            with urllib.request.urlopen(f"{node.http_url}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    async def _program(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=ROOT,
            env=self._common(self._database_url, self.folder / "hub") | (environment or {}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, f"{' '.join(arguments)}: {errors.decode()[-2000:]}"
        return output.decode()

    def _environment(self, node: Node) -> dict[str, str]:
        others = [other.control for other in self.nodes.values() if other.host != node.host]
        own = address_of(node.host)
        return self._common(self._database_url.replace("127.0.0.1", HUB), node.folder) | {
            "IM_HOST": own,
            "IM_HTTP_PORT": str(HTTP_PORT),
            "IM_WS_PORT": str(WS_PORT),
            "IM_CLUSTER_HOST": own,
            "IM_CLUSTER_ADVERTISE": own,
            "IM_CLUSTER_PORT": str(CLUSTER_PORT),
            "IM_CLUSTER_DATA_PORT": str(DATA_PORT),
            # Only founders may found: the others join what is there.
            "IM_CLUSTER_EXPECT": str(self.founders if node.host <= self.founders else 0),
            "IM_CLUSTER_JOIN": ",".join(others),
            "IM_NODE_NAME": f"host{node.host}",
            "IM_NODE_PROCESSES": "1",
            "PYTHONPATH": str(ROOT / "tests" / "resilience" / "cluster" / "skew"),
            "IMSITE_TEST_SKEW": str(node.folder / SKEW_FILE),
        }

    def _common(self, database_url: str, data: Path) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("IM_")},
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "imsite.settings.prod",
            "IM_DATA_DIR": str(data),
            "IM_SECRET_KEY": self._secret,
            "IM_LAYER": "slots",
            "IM_VENV": "none",
        }
