"""A child lives as long as its supervisor wants, and no longer."""

import http.server
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imsite.supervision import child
from imsite.supervision.child import NodeChild

ENDS_WITH_STDIN = "import sys; print('up', flush=True); sys.stdin.read(); sys.exit(3)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose manage.py the test writes."""
    monkeypatch.setattr(child, "ROOT", tmp_path)
    return tmp_path / "manage.py"


@pytest.fixture
def node(project: Path) -> Iterator[NodeChild]:
    node = NodeChild(["--server", "uvicorn"], ["http://127.0.0.1:1/healthz"])
    yield node
    node.stop()


def process_of(node: NodeChild) -> subprocess.Popen[bytes]:
    assert node._process is not None
    return node._process


@pytest.fixture(params=[200, 503])
def health(request: pytest.FixtureRequest) -> Iterator[tuple[int, str]]:
    """A server that answers with one status, and its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield request.param, f"http://127.0.0.1:{server.server_port}/healthz"
        server.shutdown()


def test_it_runs_the_node_command_with_its_arguments(project: Path, node: NodeChild, tmp_path: Path) -> None:
    project.write_text(f"import sys; open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(sys.argv[1:]))")

    node.start()
    process_of(node).wait(60)

    assert (tmp_path / "seen").read_text() == "node --until-stdin-closes --server uvicorn"
    assert node.exit_code == 0
    assert node.pid is None


def test_it_gets_an_environment_of_its_own(project: Path, tmp_path: Path) -> None:
    project.write_text(f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(os.environ['IM_NODE_NAME'])")
    node = NodeChild([], ["http://127.0.0.1:1/readyz"], {"IM_NODE_NAME": "node-2"})

    node.start()
    process_of(node).wait(60)

    assert (tmp_path / "seen").read_text() == "node-2"
    node.stop()


def test_asked_to_stop_it_does_so_while_others_are_asked(project: Path, node: NodeChild) -> None:
    project.write_text(ENDS_WITH_STDIN)
    node.start()

    node.ask_to_stop()
    node.ask_to_stop()

    assert process_of(node).wait(60) == 3


def test_stopping_closes_its_standard_input_and_waits(project: Path, node: NodeChild) -> None:
    project.write_text(ENDS_WITH_STDIN)
    node.start()
    process = process_of(node)
    assert node.is_running()
    assert node.pid == process.pid

    node.stop()

    assert process.returncode == 3
    assert not node.is_running()


def test_a_deaf_child_is_killed(project: Path, node: NodeChild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "STOP_TIMEOUT_S", 0.2)
    project.write_text(DEAF)
    node.start()
    process = process_of(node)

    node.stop()

    assert process.returncode == -signal.SIGKILL


def test_it_can_be_started_again_after_its_death(project: Path, node: NodeChild) -> None:
    project.write_text(ENDS_WITH_STDIN)
    node.start()
    first = process_of(node)
    first.kill()
    first.wait()

    node.start()

    assert node.is_running()
    assert node.lifetime_s < 5


def test_stopping_what_was_never_started_does_nothing(node: NodeChild) -> None:
    node.stop()

    assert node.exit_code is None


def test_health_is_an_answer_of_200(health: tuple[int, str]) -> None:
    status, url = health

    assert NodeChild([], [url]).is_healthy() is (status == 200)


def test_all_of_a_nodes_processes_have_to_answer(health: tuple[int, str]) -> None:
    status, url = health

    assert NodeChild([], [url, url]).is_healthy() is (status == 200)
    assert not NodeChild([], [url, "http://127.0.0.1:1/readyz"]).is_healthy()


def test_no_answer_is_not_healthy(node: NodeChild) -> None:
    assert not node.is_healthy()
