"""The directed scenarios play out as written, and the player of scenarios says what it does not understand."""

from pathlib import Path

import pytest

from tests.cluster.core.gossip.scenario import Scenario, ScenarioError, replay

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_scenario_plays_out_as_written(path: Path) -> None:
    written = path.read_text(encoding="utf-8")

    assert replay(written) == written


def test_there_are_all_the_scenarios() -> None:
    assert len(FILES) >= 16


def test_a_changed_expectation_is_noticed() -> None:
    written = (FOLDER / "false_suspicion.txt").read_text(encoding="utf-8")

    assert replay(written.replace("alive 1.1", "alive 1.2")) == written


@pytest.mark.parametrize("line", ["dance a", "crash ab", "tell a from=b gossip c 1.0"])
def test_a_line_that_makes_no_sense_is_refused(line: str) -> None:
    scenario = Scenario()
    scenario.carry_out("nodes 3")

    with pytest.raises(ScenarioError):
        scenario.carry_out(line)
