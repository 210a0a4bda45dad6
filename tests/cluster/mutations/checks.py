"""The checks that have to find planted bugs: scenarios, tests, or seeds of the simulation.

A check finds a bug by an assertion that fails. Any other exception means that the bug, not the program, is wrong.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "core"
QUIET = ("-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-c", os.devnull)


def run_raft(names: str) -> None:
    """Play scenarios of the log, by their names."""
    from tests.cluster.core.raft.scenario import play

    for name in names.split():
        played, expected = play(CORE / "raft" / "scenarios" / f"{name}.txt")
        assert played == expected, f"{name} goes another way"


def run_gossip(names: str) -> None:
    """Play scenarios of gossip, by their names."""
    from tests.cluster.core.gossip.scenario import replay

    for name in names.split():
        text = (CORE / "gossip" / "scenarios" / f"{name}.txt").read_text(encoding="utf-8")
        assert replay(text) == text, f"{name} goes another way"


def run_seeds(text: str) -> None:
    """`first-last` of the whole-node simulation."""
    from tests.cluster.simulation.world import simulate

    first, _, last = text.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        simulate(seed)


def run_tests(where: str) -> None:
    """Tests below `tests/cluster`, as pytest names them, in this process and without a database."""
    root = Path(__file__).parents[1]
    witness = Witness()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    nodes = [str(root / node) for node in where.split()]
    status = pytest.main([*QUIET, "--rootdir", str(root), "--confcutdir", str(root), *nodes], plugins=[witness])
    if witness.finding is not None:
        raise witness.finding
    if status != pytest.ExitCode.OK:
        raise RuntimeError(f"{where} did not run: {status!r}")


class Witness:
    """Keeps what a test raised."""

    finding: BaseException | None = None

    def pytest_exception_interact(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None:
            self.finding = call.excinfo.value


KINDS: dict[str, Callable[[str], None]] = {
    "raft": run_raft,
    "gossip": run_gossip,
    "seeds": run_seeds,
    "tests": run_tests,
}


def finds(check: str, raises: str = "") -> str:
    """Run a check; return the first line of what it found, or an empty string."""
    kind, _, argument = check.partition(" ")
    try:
        KINDS[kind](argument)
    except Exception as found:
        if not isinstance(found, AssertionError) and type(found).__name__ != raises:
            raise
        return (str(found) or type(found).__name__).strip().splitlines()[0]
    except pytest.fail.Exception as found:
        return str(found)
    return ""
