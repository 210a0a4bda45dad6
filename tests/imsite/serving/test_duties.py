"""A process with the role looks for jobs while it serves."""

import pytest
from pytest_django import Settings

from apps.jobs.runner import Tempo
from imsite.serving import duties

Calls = list[str]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What becomes of a runner, in order."""
    seen: Calls = []

    class Watched:
        def __init__(self, node: str, tempo: Tempo) -> None:
            seen.append(f"{node} {tempo.look_s}")

        def start(self) -> None:
            seen.append("start")

        def stop(self) -> None:
            seen.append("stop")

    monkeypatch.setattr(duties, "Runner", Watched)
    return seen


async def test_a_node_looks_for_jobs_from_start_to_stop(calls: Calls, settings: Settings) -> None:
    settings.IM_CLUSTER = {"name": "n1"}
    settings.IM_JOBS = {"on": True, "tempo": {"look_s": 0.5}}

    duties.start()
    duties.start()
    await duties.stop()
    await duties.stop()

    assert calls == ["n1 0.5", "start", "stop"]


@pytest.mark.parametrize(("is_on", "roles"), [(True, ("ws", "http")), (False, ())])
async def test_a_process_without_the_role_runs_none_nor_one_that_was_told_so(
    calls: Calls, settings: Settings, is_on: bool, roles: tuple[str, ...]
) -> None:
    settings.IM_NODE_ROLES = roles
    settings.IM_JOBS = {"on": is_on, "tempo": {}}

    duties.start()
    await duties.stop()

    assert calls == []
