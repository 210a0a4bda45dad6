"""Every known way to get Raft wrong, step by step, with what has to happen instead."""

from pathlib import Path

import pytest

from tests.cluster.core.raft.scenario import play

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_scenario_goes_as_it_is_written(path: Path) -> None:
    played, expected = play(path)

    assert played == expected


def test_the_scenarios_are_there() -> None:
    assert len(SCENARIOS) >= 20
