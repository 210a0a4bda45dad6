"""One load test from beginning to end: connect, warm up, measure with disturbances, settle, judge.

Not here: what a process of it does, and how the result is shown.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from apps.loadtest import orders
from apps.loadtest.crew import Crew
from apps.loadtest.errors import WorkerFailed
from apps.loadtest.judging import Verdict, judge
from apps.loadtest.observing import Observer
from apps.loadtest.plan import WorkerPlan
from apps.loadtest.recording import Point, Recording
from apps.loadtest.scenario import Disturbance, Scenario

SECOND_S: Final = 1.0
CONNECT_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What to run, with which processes, and what to look at meanwhile."""

    scenario: Scenario
    plans: Sequence[WorkerPlan]
    server_pids: Sequence[int] = ()
    kill_pids: Sequence[int] = ()
    on_point: Callable[[Point, Scenario], None] = lambda _point, _scenario: None


@dataclass(slots=True)
class Outcome:
    """What came of it. `phases`: their seconds since the start. `usage`: of the servers, at certain moments."""

    recording: Recording
    verdict: Verdict
    phases: dict[str, tuple[float, float]] = field(default_factory=dict)
    usage: dict[str, dict[str, float]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


class Run:
    """The state of one load test under way."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._scenario = setup.scenario
        self.recording = Recording()
        self._crew = Crew(self.recording.take)
        self._server = Observer(setup.server_pids)
        self._client = Observer([])
        self._began = 0.0
        self._phases: dict[str, tuple[float, float]] = {}
        self._usage: dict[str, dict[str, float]] = {}
        self._events: list[dict[str, Any]] = []

    async def carry_out(self) -> Outcome:
        """Run it. Raises WorkerFailed."""
        self._note_usage("before")
        timeline: asyncio.Task[None] | None = None
        try:
            await self._crew.start(self._setup.plans)
            self._client = Observer([os.getpid(), *self._crew.pids])
            self._began = time.monotonic()
            timeline = asyncio.create_task(self._keep_time())
            verdict = await self._phases_of_run()
            await self._crew.end()
        finally:
            if timeline is not None:
                timeline.cancel()
                await asyncio.gather(timeline, return_exceptions=True)
            await self._crew.abandon()
        return Outcome(self.recording, verdict, self._phases, self._usage, self._events)

    async def _phases_of_run(self) -> Verdict:
        scenario = self._scenario
        await self._phase("connect", self._crew.tell(orders.Connect(CONNECT_PATIENCE_S)))
        connected = self._open_now()
        self._note_usage("connected")
        if scenario.traffic:
            await self._crew.tell(orders.Probe(scenario.settle_s))
        if scenario.warm_up_s:
            await self._phase("warm_up", self._talk("warm_up", scenario.shape[:1], scenario.warm_up_s))
        self._note_usage("warmed_up")
        await self._phase("measure", self._measure())
        self._note_usage("measured")
        findings = await self._phase("settle", self._settle())
        self._note_usage("settled")
        return judge(
            scenario,
            [report for finding in findings for report in finding.rooms],
            self.recording,
            connected=connected,
            open_at_end=self._open_now(),
        )

    async def _phase(self, name: str, work: Any) -> Any:
        began = time.monotonic() - self._began
        result = await work
        self._phases[name] = (round(began, 3), round(time.monotonic() - self._began, 3))
        return result

    async def _talk(self, phase: str, shape: Sequence[float], seconds: float) -> None:
        for load in shape:
            await self._crew.tell(orders.Talk(load, phase))
            await asyncio.sleep(seconds / len(shape))

    async def _measure(self) -> None:
        scenario = self._scenario
        tasks = [asyncio.create_task(self._disturb(disturbance)) for disturbance in scenario.disturbances]
        try:
            await self._talk("measure", scenario.shape, scenario.duration_s)
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _disturb(self, disturbance: Disturbance) -> None:
        await asyncio.sleep(disturbance.at_s)
        event: dict[str, Any] = {"kind": disturbance.kind, "second": round(time.monotonic() - self._began, 3)}
        if disturbance.kind == "kill":
            for pid in self._setup.kill_pids:
                os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            event["pids"] = list(self._setup.kill_pids)
        else:
            await self._crew.tell(orders.Disturb(disturbance.kind, disturbance.share, disturbance.for_s))
            event["share"] = disturbance.share
        if disturbance.kind != "kill" or self._setup.kill_pids:
            self._events.append(event)

    async def _settle(self) -> list[orders.Findings]:
        patience_s = self._scenario.settle_s
        await self._crew.tell(orders.Talk(0, "settle"))
        await self._crew.tell(orders.Quiet(patience_s))
        await self._everybody_back(patience_s)
        answers = await self._crew.tell(orders.Settle(patience_s))
        findings = [answer for answer in answers if isinstance(answer, orders.Findings)]
        if len(findings) < len(answers):
            raise WorkerFailed(worker="?", reason="an answer to the wrong order")
        return findings

    async def _everybody_back(self, patience_s: float) -> None:
        """Wait for those who are reconnecting."""
        deadline = time.monotonic() + patience_s
        while self.recording.waiting and time.monotonic() < deadline:  # noqa: ASYNC110 - snapshots come each second
            await asyncio.sleep(SECOND_S / 4)

    async def _keep_time(self) -> None:
        second = 0
        while True:
            second += 1
            await asyncio.sleep(max(0.0, self._began + second * SECOND_S - time.monotonic()))
            elapsed_s = time.monotonic() - self._began
            point = self.recording.end_second(elapsed_s, self._server.look(), self._client.look())
            self._setup.on_point(point, self._scenario)

    def _open_now(self) -> int:
        return self.recording.open

    def _note_usage(self, moment: str) -> None:
        usage = self._server.look()
        self._usage[moment] = {
            "rss_bytes": usage.rss_bytes,
            "cpu_s": round(usage.cpu_s, 3),
            "processes": usage.processes,
            "at_s": round(time.monotonic() - self._began, 3) if self._began else 0.0,
        }


async def run(setup: Setup) -> Outcome:
    """Carry out one load test. Raises WorkerFailed."""
    return await Run(setup).carry_out()
