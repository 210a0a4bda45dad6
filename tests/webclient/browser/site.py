"""A real node with a database of its own, for browsers: can be killed, frozen and started again."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg

from imsite.env import ROOT
from tests.databases import database_url, drop_database, make_database
from tests.ports import take_port

READY_TIMEOUT_S = 60.0


class Site:
    """The server that the browsers of these tests talk to."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.folder = folder
        self.password = secrets.token_urlsafe(12)
        self.http_port, self.ws_port = take_port(), take_port()
        self.logins: dict[str, list[str]] = {}
        self._database = f"imsite_browser_{worker}_{os.getpid()}"
        self._node: subprocess.Popen[bytes] | None = None
        self._log = (folder / "node.log").open("ab")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def conninfo(self) -> str:
        """Where its database is."""
        return database_url(self._database)

    def prepare(self) -> None:
        """Make the database and the people in it, start the node."""
        make_database(self._database)
        self.logins = json.loads(self._run("-m", "tests.webclient.browser.seed", self.password))
        self.start()

    def take_people(self, count: int) -> list[str]:
        """Logins that no other test has used."""
        people = self.logins["people"]
        taken, self.logins["people"] = people[:count], people[count:]
        assert len(taken) == count, "the seed makes too few people"
        return taken

    def start(self, *, public_ws_url: str = "") -> None:
        """Start the node and wait until it answers. `public_ws_url` is what it tells browsers of its socket."""
        ports = ["--http-port", str(self.http_port), "--ws-port", str(self.ws_port)]
        self._node = subprocess.Popen(
            [sys.executable, "manage.py", "node", "--until-stdin-closes", *ports],
            cwd=ROOT,
            env={**self._environment(), "IM_PUBLIC_WS_URL": public_ws_url},
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._await_health(self._node, self.url)

    def kill(self) -> None:
        """End the node as a crash does."""
        assert self._node is not None
        self._node.kill()
        self._node.wait()

    def freeze(self) -> None:
        """Stop the node where it stands: connections stay open, nothing is answered."""
        assert self._node is not None
        self._node.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._node is not None
        self._node.send_signal(signal.SIGCONT)

    def revoke_terminals(self, login: str) -> None:
        """As an administrator does; sessions hear of it when they sign in next."""
        statement = """
            UPDATE accounts_terminal SET revoked_at = now()
            WHERE user_id = (SELECT id FROM accounts_user WHERE login = %s)
        """
        with psycopg.connect(self.conninfo) as connection:
            assert connection.execute(statement, (login,)).rowcount > 0

    def texts(self, prefix: str) -> list[str]:
        """Texts in the database that begin with `prefix`, in the order of their logs."""
        query = "SELECT body FROM messaging_event WHERE kind = 'text' ORDER BY conversation_id, seq"
        with psycopg.connect(self.conninfo) as connection:
            rows = connection.execute(query).fetchall()
        texts = [json.loads(bytes(body))["text"] for (body,) in rows]
        return [text for text in texts if text.startswith(prefix)]

    def run_beside(self, module: str, *arguments: str, told: str = "") -> str:
        """Let a module of ours do something to the database while the node is up; return what it printed."""
        return self._run("-m", module, *arguments, told=told)

    def close(self) -> None:
        if self._node is not None and self._node.poll() is None:
            self.kill()
        drop_database(self._database)
        self._log.close()

    def _await_health(self, node: subprocess.Popen[bytes], url: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            assert node.poll() is None, self._log_tail()
            try:
                with urllib.request.urlopen(f"{url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the node is not ready: {self._log_tail()}")

    def _log_tail(self) -> str:
        return (self.folder / "node.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def _run(self, *command: str, told: str = "") -> str:
        """Let a program end beside the node, with `told` on its standard input; return what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self._environment(),
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.conninfo,
            "DJANGO_SETTINGS_MODULE": "imsite.settings.test",
            "IM_DATA_DIR": str(self.folder),
            "IM_HTTP_PORT": str(self.http_port),
            "IM_WS_PORT": str(self.ws_port),
            "IM_VENV": "none",
        }
