"""A whole run with real processes against a fake server: promises kept pass, each broken one is caught."""

import asyncio
import signal
import sys

import msgspec
import psutil
import pytest

from apps.loadtest.errors import WorkerFailed
from apps.loadtest.plan import make_plans
from apps.loadtest.population import Population
from apps.loadtest.running import Outcome, Run, Setup, run
from apps.loadtest.scenario import Disturbance, Scenario, Traffic
from tests.loadtest.fake_server import population, serving
from tests.loadtest.wires import eventually

PEOPLE = population(12, 2, 4)
TALK = Scenario(
    title={"en": "Talk"},
    sessions=12,
    connect_per_s=0,
    heartbeat_s=1,
    warm_up_s=0.2,
    duration_s=0.8,
    settle_s=5,
    traffic=[Traffic(size=2, speakers=2, rate_per_s=60), Traffic(size=4, speakers=1, rate_per_s=30)],
)


async def run_against(
    people: Population, scenario: Scenario, *, defect: str = "", workers: int = 1
) -> tuple[Outcome, list[str]]:
    async with serving(people, defect=defect) as server:
        plans = make_plans(scenario, people, workers=workers, urls=[server.url], run=7, spread_sources=True)
        outcome = await run(Setup(scenario, plans))
        return outcome, server.frames


async def test_a_server_that_keeps_its_promises_passes() -> None:
    outcome, frames = await run_against(PEOPLE, TALK, workers=2)

    assert outcome.verdict.faults == []
    assert outcome.verdict.passed
    assert outcome.verdict.connected == outcome.verdict.open_at_end == 12
    assert outcome.verdict.acked > 40
    assert outcome.recording.total("acked") == outcome.verdict.acked
    assert outcome.recording.histograms["measure"]["delivery"].count > 0
    assert {"heartbeat", "received", "sync"} <= set(frames)
    assert list(outcome.phases) == ["connect", "warm_up", "measure", "settle"]


@pytest.mark.parametrize(
    ("defect", "code"),
    [("lose", "lost"), ("double", "doubled"), ("differ", "differing"), ("refuse", "refused")],
)
async def test_a_broken_promise_is_caught(defect: str, code: str) -> None:
    outcome, _frames = await run_against(PEOPLE, TALK, defect=defect)

    assert not outcome.verdict.passed
    assert code in outcome.verdict.fault_counts


@pytest.mark.parametrize(
    ("defect", "count"), [("no_push", "pulled"), ("push_twice", "repeated"), ("retry_once", "error:busy")]
)
async def test_what_the_protocol_allows_is_counted_and_passes(defect: str, count: str) -> None:
    outcome, _frames = await run_against(PEOPLE, TALK, defect=defect)

    assert outcome.verdict.faults == []
    assert outcome.recording.total(count) > 0


async def test_who_cannot_sign_in_is_missed() -> None:
    idle = msgspec.structs.replace(TALK, traffic=[], duration_s=0.1, warm_up_s=0)

    outcome, _frames = await run_against(PEOPLE, idle, defect="bad_tokens")

    assert outcome.verdict.fault_counts == {"not_connected": 1, "not_open_at_end": 1}
    assert outcome.recording.total("given_up") == 12


async def test_sessions_whose_connections_broke_come_back_and_miss_nothing() -> None:
    dropped = Disturbance(kind="drop", at_s=0.2, share=1.0)
    scenario = msgspec.structs.replace(TALK, duration_s=1.5, disturbances=[dropped])

    outcome, _frames = await run_against(PEOPLE, scenario)

    assert outcome.verdict.faults == []
    assert outcome.recording.total("signed_in") == 24
    assert [event["kind"] for event in outcome.events] == ["drop"]


async def test_a_process_is_killed_when_one_is_given() -> None:
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    scenario = msgspec.structs.replace(
        TALK, traffic=[], warm_up_s=0, duration_s=0.2, disturbances=[Disturbance(kind="kill", at_s=0.1)]
    )

    async with serving(PEOPLE) as server:
        plans = make_plans(scenario, PEOPLE, workers=1, urls=[server.url], run=7, spread_sources=False)
        outcome = await run(Setup(scenario, plans, server_pids=[victim.pid], kill_pids=[victim.pid]))

    assert await victim.wait() == -signal.SIGKILL
    assert [event["pids"] for event in outcome.events] == [[victim.pid]]
    assert (outcome.usage["before"]["processes"], outcome.usage["settled"]["processes"]) == (1, 0)


async def test_without_a_process_nothing_is_killed() -> None:
    kill = Disturbance(kind="kill", at_s=0.0)
    scenario = msgspec.structs.replace(TALK, traffic=[], warm_up_s=0, duration_s=0.1, disturbances=[kill])

    outcome, _frames = await run_against(PEOPLE, scenario)

    assert outcome.events == []


async def test_sessions_that_stop_reading_catch_up() -> None:
    deaf = Disturbance(kind="stop_reading", at_s=0.1, share=1.0, for_s=0.5)

    outcome, _frames = await run_against(PEOPLE, msgspec.structs.replace(TALK, disturbances=[deaf]))

    assert outcome.verdict.faults == []


async def test_without_a_rate_the_next_message_follows_the_ack() -> None:
    scenario = msgspec.structs.replace(TALK, traffic=[Traffic(size=2, speakers=1)], warm_up_s=0, duration_s=0.5)

    outcome, _frames = await run_against(PEOPLE, scenario)

    assert outcome.verdict.faults == []
    assert outcome.verdict.acked > 6 * 3


async def test_a_process_that_cannot_go_on_is_an_error() -> None:
    plans = make_plans(TALK, PEOPLE, workers=1, urls=["ws://127.0.0.1:1/"], run=7, spread_sources=False)
    broken = [msgspec.structs.replace(plans[0], urls=["http://127.0.0.1/"])]

    with pytest.raises(WorkerFailed, match="address_invalid"):
        await run(Setup(TALK, broken))


async def test_who_gives_up_waiting_leaves_no_process_behind() -> None:
    scenario = msgspec.structs.replace(TALK, traffic=[], duration_s=600.0)

    async with serving(PEOPLE) as server:
        plans = make_plans(scenario, PEOPLE, workers=1, urls=[server.url], run=7, spread_sources=False)
        one = Run(Setup(scenario, plans))
        running = asyncio.create_task(one.carry_out())
        await eventually(lambda: one.recording.open == 12)
        pids = one._crew.pids
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert not any(psutil.pid_exists(pid) for pid in pids)
