"""From options to a result: choose the scenario, check the machine, run, gather everything that figures depend on.

Not here: reading a command line, printing.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apps.loadtest.errors import MachineTooSmall
from apps.loadtest.machine import Advice, advise, describe, files_for_sessions
from apps.loadtest.observing import listeners
from apps.loadtest.plan import WorkerPlan, make_plans, worker_count
from apps.loadtest.population import Population, read_population
from apps.loadtest.recording import Point
from apps.loadtest.result import FORMAT, Result, durability_of, key_figures
from apps.loadtest.running import Outcome, Setup, run
from apps.loadtest.scenario import Scenario, changed, load_scenario, with_traffic
from apps.loadtest.targets import is_loopback, parse_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the person at the terminal chose. None leaves what the scenario's file says."""

    scenario: str
    urls: Sequence[str]
    tokens: Path
    processes: int | None = None
    sources: Sequence[str] = ()
    server_pids: Sequence[int] = ()
    kill_pids: Sequence[int] = ()
    durability: str = ""
    version: str = ""
    of_scenario: dict[str, Any] = field(default_factory=dict)
    of_traffic: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything that is decided before the first connection."""

    options: Options
    scenario: Scenario
    population: Population
    plans: Sequence[WorkerPlan]
    server_pids: Sequence[int]
    advice: Sequence[Advice]


def prepare(options: Options) -> Prepared:
    """Read, check and share out. Raises LoadTestError."""
    targets = [parse_target(url) for url in options.urls]
    scenario = changed(load_scenario(options.scenario), name=options.scenario, **options.of_scenario)
    if scenario.traffic:
        scenario = with_traffic(scenario, name=options.scenario, **options.of_traffic)
    population = read_population(options.tokens)
    files = files_for_sessions()
    workers = options.processes or worker_count(scenario.sessions, cores=os.cpu_count() or 1, files_per_process=files)
    if -(-scenario.sessions // workers) > files:
        raise MachineTooSmall(limit="open files", wanted=-(-scenario.sessions // workers), found=files)
    local = all(is_loopback(target) for target in targets)
    plans = make_plans(
        scenario,
        population,
        workers=workers,
        urls=options.urls,
        run=secrets.randbits(63),
        spread_sources=local and not options.sources,
    )
    if options.sources:
        plans = [msgspec.structs.replace(plan, sources=list(options.sources)) for plan in plans]
    return Prepared(
        options=options,
        scenario=scenario,
        population=population,
        plans=plans,
        server_pids=options.server_pids or (listeners(target.port for target in targets) if local else ()),
        advice=advise(sessions=scenario.sessions, connect_per_s=scenario.connect_per_s),
    )


def launch(prepared: Prepared, on_point: Callable[[Point, Scenario], None]) -> Result:
    """Run the load test. Raises WorkerFailed."""
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    setup = Setup(
        scenario=prepared.scenario,
        plans=prepared.plans,
        server_pids=prepared.server_pids,
        kill_pids=prepared.options.kill_pids,
        on_point=on_point,
    )
    return _result(prepared, asyncio.run(run(setup)), started_at)


def _result(prepared: Prepared, outcome: Outcome, started_at: str) -> Result:
    options, database = prepared.options, prepared.population.database
    server = {"processes": str(len(prepared.server_pids)), "version": options.version}
    return Result(
        format=FORMAT,
        name=options.scenario,
        scenario=prepared.scenario,
        started_at=started_at,
        processes=len(prepared.plans),
        urls=len(options.urls),
        machine=describe(server=server),
        durability=options.durability or durability_of(database),
        verdict=outcome.verdict,
        figures=key_figures(outcome),
        phases=outcome.phases,
        summaries={phase: outcome.recording.summary(phase) for phase in outcome.recording.counts},
        usage=outcome.usage,
        events=outcome.events,
        timeline=outcome.recording.points,
    )
