"""From options to a result."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apps.loadtest import launching
from apps.loadtest.errors import AddressInvalid, MachineTooSmall, TooFewUsers
from apps.loadtest.launching import Options, Prepared, prepare
from apps.loadtest.plan import PORTS_PER_SOURCE
from tests.loadtest.fake_server import population
from tests.loadtest.results import outcome


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    path.write_bytes(msgspec.json.encode(population(20, 2, 10)))
    path.chmod(0o600)
    return path


def prepared(tokens: Path, scenario: str = "direct", url: str = "ws://127.0.0.1:1/", **fields: Any) -> Prepared:
    of_scenario = {"sessions": 20} | fields.pop("of_scenario", {})
    fields.setdefault("of_traffic", {"conversations": 5})
    return prepare(Options(scenario=scenario, urls=[url], tokens=tokens, of_scenario=of_scenario, **fields))


def test_options_go_before_what_the_scenario_says(tokens: Path) -> None:
    ready = prepared(tokens, of_scenario={"duration_s": 1, "heartbeat_s": None}, processes=2)

    assert ready.scenario.duration_s == 1
    assert ready.scenario.heartbeat_s == 60
    assert ready.scenario.traffic[0].conversations == 5
    assert [len(plan.users) for plan in ready.plans] == [10, 10]
    assert all(plan.sources for plan in ready.plans)
    assert ready.plans[0].run == ready.plans[1].run > 0


def test_a_scenario_without_traffic_needs_none(tokens: Path) -> None:
    assert prepared(tokens, "idle").plans[0].streams == []


def test_addresses_to_connect_from_may_be_given(tokens: Path) -> None:
    assert prepared(tokens, sources=["127.9.9.9"]).plans[0].sources == ["127.9.9.9"]


def test_servers_elsewhere_are_not_looked_for(tokens: Path) -> None:
    ready = prepared(tokens, url="ws://192.0.2.1:9/")

    assert ready.server_pids == ()
    assert ready.plans[0].sources == []


def test_processes_to_observe_may_be_given(tokens: Path) -> None:
    assert prepared(tokens, server_pids=[os.getpid()]).server_pids == [os.getpid()]


def test_what_is_impossible_is_said_before_anything_happens(tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressInvalid):
        prepared(tokens, url="http://127.0.0.1/")
    with pytest.raises(TooFewUsers):
        prepared(tokens, of_scenario={"sessions": PORTS_PER_SOURCE})
    monkeypatch.setattr(launching, "files_for_sessions", lambda: 5)
    with pytest.raises(MachineTooSmall, match="open files"):
        prepared(tokens, processes=2)


def test_the_result_has_everything_that_its_figures_depend_on(tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ran(_setup: object) -> Any:
        return outcome()

    monkeypatch.setattr(launching, "run", ran)

    result = launching.launch(prepared(tokens, version="abc"), lambda _point, _scenario: None)

    assert result.name == "direct"
    assert result.machine["server"]["version"] == "abc"
    assert result.durability == "PostgreSQL 18, fsync=on"
    assert result.verdict == outcome().verdict
    assert result.figures["acked_per_s"] == 100
    assert set(result.summaries) == {"connect", "measure"}
    assert len(result.timeline) == 2
