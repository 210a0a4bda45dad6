"""A seed is a run: the same one gives the same trace, in whatever process."""

import os
import subprocess
import sys

from imsite.env import ROOT
from tests.cluster.simulation.world import simulate

SEEDS = 4


def hashes(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.cluster.simulation", "--seeds", str(SEEDS), "--hash"]
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


def test_the_same_seed_gives_the_same_trace_in_another_process() -> None:
    first, second = hashes("1"), hashes("2")

    assert first == second
    assert len(set(first.split())) == 2 * SEEDS


def test_the_same_seed_gives_the_same_trace_again() -> None:
    first, second, other = simulate(7), simulate(7), simulate(8)

    assert first == second
    assert first.hash != other.hash
