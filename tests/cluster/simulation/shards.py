"""How the seeds of the suite are dealt out: to tests of a few seconds, in two files: a worker takes whole files."""

import os

import pytest

from tests.cluster.simulation.kernel import Violation
from tests.cluster.simulation.world import simulate

SEEDS = int(os.environ.get("IM_SIMULATION_SEEDS", "400"))
"""CI runs 2,000."""
SHARDS = 40


def run_shard(shard: int) -> None:
    """Run every `SHARDS`-th seed. The first that fails is reported, with the command that replays it."""
    for seed in range(shard, SEEDS, SHARDS):
        try:
            simulate(seed)
        except Violation as violation:
            pytest.fail(str(violation), pytrace=False)
