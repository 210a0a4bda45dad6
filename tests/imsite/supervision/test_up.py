"""`manage.py up`, as people run it: ready with one command, whole after any death, gone without a trace."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from imsite.embedded.address import load_address
from imsite.env import ROOT, Environment
from imsite.errors import NodeRemoved
from imsite.phrases import width
from imsite.supervision import up
from imsite.supervision.nodes import plan_nodes
from tests.ports import take_port

pytestmark = pytest.mark.processes

READY_TIMEOUT_S = 90.0


class RunningSite:
    """One `manage.py up` and what it says."""

    def __init__(self, data_dir: Path, http_port: int, ws_port: int, **variables: str) -> None:
        self.data_dir = data_dir
        self.http_port = http_port
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "imsite.settings.prod",
            "IM_VENV": "none",
            "IM_DATA_DIR": str(data_dir),
            "IM_HTTP_PORT": str(http_port),
            "IM_WS_PORT": str(ws_port),
            "IM_CLUSTER_PORT": str(take_port()),
            "IM_CLUSTER_DATA_PORT": str(take_port()),
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.lines.append(line)
                self._said.notify_all()
        with self._said:
            self.lines.append("")
            self._said.notify_all()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def wait_for_line(self, pattern: str, timeout_s: float = READY_TIMEOUT_S) -> None:
        with self._said:
            found = self._said.wait_for(lambda: re.search(pattern, self.text) or self._ended(), timeout_s)
        assert found, f"{pattern!r} was not said:\n{self.text}"
        assert re.search(pattern, self.text), self.text

    def _ended(self) -> bool:
        return bool(self.lines) and self.lines[-1] == ""

    def wait_until_healthy(self, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.health_url, timeout=5) as answer:
                assert answer.status == 200
                return
            time.sleep(0.05)
        raise AssertionError(self.text)

    @property
    def health_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/readyz"

    def processes(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def child(self, kind: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if (child.name() == "postgres") == (kind == "postgres"))

    def finish(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(5)
        return code


def start_site(data_dir: Path, **variables: str) -> RunningSite:
    site = RunningSite(data_dir, take_port(), take_port(), **variables)
    site.wait_for_line("ready in")
    return site


@pytest.fixture(scope="module", autouse=True)
def hang_up_matters() -> Iterator[None]:
    """A suite that is run under nohup has SIGHUP ignored, and so would have everything it starts."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """Below a folder that only its owner may enter, as a clone in a private home is."""
    private = Path(tempfile.mkdtemp(prefix="imsite-up-"))
    yield private / "data"
    shutil.rmtree(private, ignore_errors=True)


@pytest.fixture(scope="module")
def sites() -> Iterator[list[RunningSite]]:
    """Every site of the file; what still runs is stopped in the end."""
    sites: list[RunningSite] = []
    yield sites
    for site in sites:
        if site.process.poll() is None:
            site.finish()


@pytest.fixture
def site(data_dir: Path, sites: list[RunningSite]) -> RunningSite:
    """A site that is ready: the one of the test before, when it still runs."""
    if not sites or sites[-1].process.poll() is not None:
        sites.append(start_site(data_dir))
    return sites[-1]


def count_users(data_dir: Path) -> int:
    address = load_address(data_dir / "postgres.json")
    assert address is not None
    with psycopg.connect(address.url) as connection:
        row = connection.execute("SELECT count(*) FROM accounts_user").fetchone()
    assert row is not None
    return int(row[0])


def await_end(processes: list[psutil.Process], timeout_s: float = 30.0) -> list[psutil.Process]:
    return list(psutil.wait_procs(processes, timeout=timeout_s)[1])


def test_it_announces_addresses_and_working_logins(site: RunningSite) -> None:
    accounts = json.loads((site.data_dir / "demo-accounts.json").read_text(encoding="utf-8"))

    assert f"http://127.0.0.1:{site.http_port}/chat/" in site.text
    assert all(login in site.text and password in site.text for login, password in accounts.items())
    assert stat.S_IMODE((site.data_dir / "demo-accounts.json").stat().st_mode) == 0o600
    site.wait_until_healthy()


def test_a_second_start_is_quick_and_keeps_the_passwords(site: RunningSite, sites: list[RunningSite]) -> None:
    accounts = (site.data_dir / "demo-accounts.json").read_bytes()
    site.finish()
    began_at = time.monotonic()

    sites.append(start_site(site.data_dir))

    assert (site.data_dir / "demo-accounts.json").read_bytes() == accounts
    assert time.monotonic() - began_at < 20, "5 s on an idle machine; this bound catches a lost shortcut"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_polite_end_stops_everything(site: RunningSite, number: signal.Signals) -> None:
    processes = site.processes()

    assert site.finish(number) == 0

    assert len(processes) > 2
    assert await_end(processes, 1) == []
    assert "Traceback" not in site.text


@pytest.mark.parametrize(("kind", "comeback"), [("node", "starting it again"), ("postgres", "runs again")])
def test_what_is_killed_comes_back_with_the_data(site: RunningSite, kind: str, comeback: str) -> None:
    users = count_users(site.data_dir)
    victim = site.child(kind)

    victim.kill()
    site.wait_for_line(comeback)

    site.wait_until_healthy()
    assert count_users(site.data_dir) == users
    assert site.child(kind).pid != victim.pid


def test_several_processes_end_with_the_one_that_forked_them_and_come_back_together(
    data_dir: Path, sites: list[RunningSite]
) -> None:
    for site in sites:
        if site.process.poll() is None:
            site.finish()
    probe_port = take_port()
    sites.append(start_site(data_dir, IM_NODE_PROCESSES="2", IM_PROBE_PORT=str(probe_port)))
    site = sites[-1]
    node = site.child("node")
    workers = node.children()

    node.kill()
    site.wait_for_line("starting it again")

    assert len(workers) == 2
    assert await_end(workers) == []
    site.wait_until_healthy()
    assert len(site.child("node").children()) == 2
    assert site.finish() == 0


def test_killing_the_supervisor_leaves_nothing_behind_and_the_next_start_works(
    site: RunningSite, sites: list[RunningSite]
) -> None:
    users = count_users(site.data_dir)
    processes = site.processes()

    site.process.kill()
    site.process.wait()

    assert await_end(processes) == []
    sites.append(start_site(site.data_dir))
    assert count_users(site.data_dir) == users


def test_killing_everything_at_once_loses_nothing(site: RunningSite, sites: list[RunningSite]) -> None:
    users = count_users(site.data_dir)
    processes = site.processes()

    for process in [psutil.Process(site.process.pid), *processes]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    site.process.wait()

    assert await_end(processes) == []
    sites.append(start_site(site.data_dir))
    assert count_users(site.data_dir) == users


def test_a_second_one_in_the_same_folder_is_refused(site: RunningSite) -> None:
    second = RunningSite(site.data_dir, take_port(), take_port())

    assert second.process.wait(30) == 1

    second.wait_for_line(rf"^imsite: already running \(pid {site.process.pid}\)")
    assert "Traceback" not in second.text
    site.wait_until_healthy()


@pytest.mark.parametrize(
    ("language", "line"),
    [("C.UTF-8", "port {} is taken .*IM_HTTP_PORT"), ("zh_CN.UTF-8", "端口 {} 已被其他程序占用：.*IM_HTTP_PORT")],
)
def test_a_taken_port_is_one_line_and_nothing_is_started(data_dir: Path, language: str, line: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = RunningSite(data_dir.with_name("unused"), port, take_port(), LANG=language)
        assert site.process.wait(30) == 1

    site.wait_for_line("^imsite: " + line.format(port))
    assert not (data_dir.with_name("unused") / "postgres").exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en_US.UTF-8", ["Chat", "Admin", "API", "WebSocket", "Sign in as", "password", "kept in"]),
        ("zh_CN.UTF-8", ["聊天", "管理后台", "API", "WebSocket", "登录账号", "密码", "保存在"]),
    ],
)
def test_the_columns_of_the_announcement_line_up_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, words: list[str]
) -> None:
    monkeypatch.setenv("LANG", language)
    environment = Environment({"IM_DATA_DIR": "/data"})

    up._announce(environment, plan_nodes(environment, 1), [("alice@demo", "first-pass"), ("a@demo", "second-pass")])

    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if line]
    assert [word for word in words if word not in said] == []
    assert {width(line[: line.index("://")].rstrip("htpws")) for line in lines[:4]} == {13}
    heading, *accounts = lines[4:7]
    assert {width(line[: line.index(word)]) for line, word in zip(accounts, ("first", "second"), strict=True)} == {14}
    assert width(heading[: heading.index(words[5])]) == 14


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
def test_nohup_keeps_it_alive_when_the_terminal_closes() -> None:
    before = signal.getsignal(signal.SIGHUP)
    assert signal.SIGHUP in up._stop_signals()

    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    assert signal.SIGHUP not in up._stop_signals()
    signal.signal(signal.SIGHUP, before)


def test_a_node_that_an_operator_removed_is_let_go_and_the_last_one_ends_it_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = Environment({"IM_DATA_DIR": "/data", "DATABASE_URL": "postgresql://h/d"})
    site = up.Site(environment, plan_nodes(environment, 2), demo=False, server="im", processes=1)
    first, second = site._nodes
    monkeypatch.setattr(type(first.child), "is_running", lambda _child: False)
    monkeypatch.setattr(type(first.child), "exit_code", NodeRemoved.exit_code)
    monkeypatch.setattr("imsite.supervision.up.time.sleep", lambda _: None)

    with pytest.raises(NodeRemoved, match="node-2 was removed from the cluster"):
        site.watch()

    assert "node-1 was removed from the cluster; to have it join anew, delete" in capsys.readouterr().out
    assert site._nodes == []
    assert second.child.exit_code == 3
