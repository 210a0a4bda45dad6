"""Two real nodes on one database, neither of which knows of the other: each believes to own every job."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.jobs.models import Job
from tests.imsite.serving.node_process import NodeProcess, running_node
from tests.jobs.busy.apps import FOLDER, NAME

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("committed")]
WAIT_S = 60.0


class Runs:
    """The lines that runs have left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hold(self) -> None:
        """Let whatever begins go on until `let_go`, or until its node stops."""
        (self._folder / "held").unlink(missing_ok=True)
        (self._folder / "hold").touch()

    def until_held(self) -> None:
        """Wait for a run that is held up."""
        self._until((self._folder / "held").exists)

    def let_go(self) -> None:
        (self._folder / "hold").unlink(missing_ok=True)

    def read(self) -> list[tuple[int, str]]:
        """Who ran, and for which due time, in order."""
        path = self._folder / "runs"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), due_at) for pid, due_at in (line.split() for line in lines)]

    def until(self, count: int, *, besides: int = 0) -> list[tuple[int, str]]:
        """Wait until so many runs have begun in processes other than `besides`; return all there are."""
        self._until(lambda: sum(pid != besides for pid, _due_at in self.read()) >= count)
        return self.read()

    def _until(self, holds: Callable[[], bool]) -> None:
        for _ in range(int(WAIT_S / 0.05)):
            if holds():
                return
            threading.Event().wait(0.05)  # other processes tell by files alone
        raise AssertionError(f"not within {WAIT_S} s: {self.read()}")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


@pytest.fixture
def nodes(committed: None, runs: Runs, tmp_path: Path) -> Iterator[dict[int, NodeProcess]]:
    """By process id; their jobs are held up from the beginning."""
    runs.hold()
    variables = {"DJANGO_SETTINGS_MODULE": "tests.jobs.busy.settings", FOLDER: str(tmp_path)}
    with ExitStack() as stack:
        started = [
            stack.enter_context(running_node("im", tmp_path / name, IM_NODE_NAME=name, **variables))
            for name in ("n1", "n2")
        ]
        yield {node.process.pid: node for node in started}
        runs.let_go()


def test_when_a_node_is_killed_another_goes_on_and_no_due_time_is_run_twice_and_a_stop_is_clean(
    nodes: dict[int, NodeProcess], runs: Runs
) -> None:
    [(first, _due_at)] = runs.until(1)

    nodes[first].process.send_signal(signal.SIGKILL)
    nodes[first].process.wait(WAIT_S)
    runs.let_go()
    told = runs.until(3, besides=first)

    due_times = [due_at for _pid, due_at in told]
    assert len(set(due_times)) == len(due_times)
    assert due_times == sorted(due_times)
    [survivor] = set(nodes) - {first}
    runs.hold()
    runs.until_held()
    nodes[survivor].process.send_signal(signal.SIGTERM)
    assert nodes[survivor].process.wait(WAIT_S) == 0
    assert Job.objects.get(pk=NAME).outcome == Job.Outcome.INTERRUPTED
