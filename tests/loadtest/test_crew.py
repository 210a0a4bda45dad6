"""Starting, asking and ending the processes of a load test."""

import os
import signal

import pytest

from apps.loadtest import crew as crews
from apps.loadtest import orders
from apps.loadtest.crew import Crew
from apps.loadtest.errors import WorkerFailed
from tests.loadtest.wires import plan


async def test_processes_answer_and_end() -> None:
    snapshots: list[orders.Snapshot] = []
    crew = Crew(snapshots.append)

    await crew.start([plan(), plan(number=1)])
    answers = await crew.tell(orders.Talk(0, "measure"))
    pids = crew.pids
    await crew.end()

    assert answers == [orders.Done(), orders.Done()]
    assert {snapshot.number for snapshot in snapshots} == {0, 1}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_process_that_dies_is_an_error() -> None:
    crew = Crew(lambda _snapshot: None)
    await crew.start([plan()])

    os.kill(crew.pids[0], signal.SIGKILL)
    with pytest.raises(WorkerFailed, match="exit code -9"):
        await crew.tell(orders.Talk(0, "measure"))
    await crew.end()


async def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew(lambda _snapshot: None)
    await crew.start([plan()])
    monkeypatch.setattr(crews, "END_TIMEOUT_S", 0.2)

    os.kill(crew.pids[0], signal.SIGSTOP)
    await crew.end()

    with pytest.raises(ProcessLookupError):
        os.kill(crew.pids[0], 0)
