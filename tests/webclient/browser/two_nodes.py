"""Two real nodes of one cluster, for browsers: each has a public address, so that they send people to one another."""

import json
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from apps.cluster.core.slots import SLOTS, slot_of
from apps.cluster.runtime.asking import AdminRequest, AskFailed, ask_node
from apps.cluster.runtime.keyring import KeyRing
from apps.events.publish import user_group
from imsite.env import ROOT, Environment
from tests.ports import take_port
from tests.webclient.browser.site import READY_TIMEOUT_S, Site

STOP_TIMEOUT_S = 30.0


@dataclass
class Node:
    """One of the two."""

    name: str
    http_port: int
    ws_port: int
    control_port: int
    data_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.ws_port}/ws/v1"


class TwoNodes(Site):
    """The site of the browser tests, with two nodes that share the slots."""

    def __init__(self, folder: Path, worker: str) -> None:
        super().__init__(folder, f"two_{worker}")
        self.nodes = [made(f"n{place}") for place in range(2)]
        self._secret = secrets.token_urlsafe(48)
        self._ring = KeyRing(Environment({"IM_SECRET_KEY": self._secret}).cluster_keys)

    def start(self, *, public_ws_url: str = "") -> None:
        """Start both, and wait until each serves its half of the slots."""
        for node in self.nodes:
            node.process = subprocess.Popen(
                [sys.executable, "manage.py", "node", "--until-stdin-closes"],
                cwd=ROOT,
                env=self._environment_of(node),
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=subprocess.STDOUT,
            )
        self.settle()
        for node in self.nodes:
            assert node.process is not None
            self._await_health(node.process, node.url)

    def settle(self) -> None:
        """Wait until each serves its half of the slots."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not all(self._shares(node) for node in self.nodes):
            for node in self.nodes:
                assert node.process is not None
                assert node.process.poll() is None, self._log_tail()
            assert time.monotonic() < deadline, f"the nodes do not share the slots: {self._log_tail()}"
            time.sleep(0.1)

    def stop_node(self, node: Node) -> None:
        """End one as a crash does."""
        assert node.process is not None
        node.process.send_signal(signal.SIGKILL)
        node.process.wait(STOP_TIMEOUT_S)

    def home_of(self, login: str) -> Node:
        """Return the node that owns the slot of a user."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute("SELECT id FROM accounts_user WHERE login = %s", (login,)).fetchone()
        assert row is not None, login
        slot = slot_of(user_group(UUID(str(row[0]))))
        ranges: list[dict[str, Any]] = self._ask(self.nodes[0], "slots")
        owner = next(part["owner"] for part in ranges if part["first"] <= slot <= part["last"])
        return next(node for node in self.nodes if node.name == owner)

    def take_somebody_of(self, home: Node) -> str:
        """Return a login that no other test has used, of a user whose slot this node owns."""
        self.settle()
        login = next(login for login in self.logins["people"] if self.home_of(login) is home)
        self.logins["people"].remove(login)
        return login

    def bound_terminals(self, login: str, platform: str, count: int) -> None:
        """Let people of this one's tenant have so many terminals of a platform at a time."""
        statement = """
            UPDATE tenants_tenant SET settings = %s
            WHERE id = (SELECT tenant_id FROM accounts_user WHERE login = %s)
        """
        policy = json.dumps({"terminals": {"per_platform": {platform: count}}})
        with psycopg.connect(self.conninfo) as connection:
            assert connection.execute(statement, (policy, login)).rowcount == 1

    def close(self) -> None:
        """End both, and drop the database."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                self.stop_node(node)
        super().close()

    def _shares(self, node: Node) -> bool:
        try:
            status = self._ask(node, "status")
        except AskFailed:
            return False
        return bool(status["serving"]) and [member["slots"] for member in status["members"]] == [SLOTS // 2] * 2

    def _ask(self, node: Node, verb: str) -> Any:
        reply = ask_node(("127.0.0.1", node.control_port), self._ring, AdminRequest(verb), 2_000)
        assert reply.code == "", reply
        return reply.result

    def _environment_of(self, node: Node) -> dict[str, str]:
        return {
            **self._environment(),
            "DJANGO_SETTINGS_MODULE": "tests.webclient.browser.cluster_settings",
            "IM_SECRET_KEY": self._secret,
            "IM_LAYER": "slots",
            "IM_HTTP_PORT": str(node.http_port),
            "IM_WS_PORT": str(node.ws_port),
            "IM_CLUSTER_PORT": str(node.control_port),
            "IM_CLUSTER_DATA_PORT": str(node.data_port),
            "IM_CLUSTER_DIR": str(self.folder / node.name),
            "IM_CLUSTER_JOIN": ",".join(f"127.0.0.1:{each.control_port}" for each in self.nodes),
            "IM_CLUSTER_EXPECT": str(len(self.nodes)),
            "IM_NODE_NAME": node.name,
            "IM_NODE_PROCESSES": "1",
            "IM_PUBLIC_WS_URL": node.ws_url,
        }


def made(name: str) -> Node:
    """A node on free ports, not started."""
    http_port, ws_port, control_port, data_port = (take_port() for _ in range(4))
    return Node(name, http_port, ws_port, control_port, data_port)
