"""Scenarios and their strict check."""

from pathlib import Path

import pytest

from apps.loadtest.errors import ScenarioInvalid, ScenarioUnknown
from apps.loadtest.scenario import (
    Traffic,
    changed,
    known_scenarios,
    load_scenario,
    parse_scenario,
    resized,
    with_traffic,
)

SMALL = "title: {en: Small}\nsessions: 5\n"


def test_the_scenarios_that_come_with_it_are_valid_and_speak_both_languages() -> None:
    scenarios = {name: load_scenario(name) for name in known_scenarios()}

    assert {"idle", "direct", "group", "room", "login_storm", "reconnect_storm", "slow_readers", "mixed_day"} <= set(
        scenarios
    )
    assert all(set(scenario.title) == {"en", "zh"} for scenario in scenarios.values())


@pytest.mark.parametrize("size", [10, 200, 2000])
def test_a_group_s_size_stands_in_its_name(size: int) -> None:
    assert [traffic.size for traffic in load_scenario(f"group{size}").traffic] == [size]


def test_a_file_of_one_s_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SMALL + "traffic: [{size: 3}]\n")

    assert load_scenario(str(path)).traffic == [Traffic(size=3)]


@pytest.mark.parametrize("name", ["nothing", "../idle", "idle.txt"])
def test_an_unknown_name_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ScenarioUnknown, match="idle"):
        load_scenario(name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match="No such file"):
        load_scenario(str(tmp_path / "x.yaml"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SMALL + "sesions: 6", "unknown field `sesions`"),
        (SMALL + "traffic: [{rate: 5}]", "unknown field `rate`.*traffic"),
        (SMALL + "sessions: 6", "stands twice"),
        (SMALL + "disturbances: [{kind: explode, at_s: 1}]", "explode"),
        (SMALL + "duration_s: -1", "duration_s"),
        (SMALL + "disturbances: [{kind: stop_reading, at_s: 20, for_s: 11}]", "lasts beyond duration_s"),
        (SMALL + "shape: []", "shape"),
        ("sessions: 5", "missing required field `title`"),
        ("[1", "expected"),
        ("", "Expected `object`"),
        ("title: !!python/object:os.system {}", "could not determine a constructor"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(text: str, reason: str) -> None:
    with pytest.raises(ScenarioInvalid, match=reason):
        parse_scenario(text, name="x")


def test_options_change_what_the_file_says_and_are_checked_too() -> None:
    scenario = parse_scenario(SMALL + "traffic: [{size: 3}]", name="x")

    assert changed(scenario, name="x", sessions=7, duration_s=None).sessions == 7
    assert with_traffic(scenario, name="x", rate_per_s=9).traffic == [Traffic(size=3, rate_per_s=9)]
    assert resized(scenario, 50).traffic == [Traffic(size=50)]
    with pytest.raises(ScenarioInvalid, match="sessions"):
        changed(scenario, name="x", sessions=0)


def test_disturbances_keep_their_place_in_another_duration() -> None:
    scenario = parse_scenario(SMALL + "disturbances: [{kind: stop_reading, at_s: 10, for_s: 5}]", name="x")

    (disturbance,) = changed(scenario, name="x", duration_s=3).disturbances

    assert (disturbance.at_s, disturbance.for_s) == (1.0, 0.5)
