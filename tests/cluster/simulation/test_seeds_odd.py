"""The other half of the seeds of `test_seeds_even`."""

import pytest

from tests.cluster.simulation.shards import SHARDS, run_shard


@pytest.mark.parametrize("shard", range(1, SHARDS, 2))
def test_nothing_forbidden_happens_and_everything_heals(shard: int) -> None:
    run_shard(shard)
