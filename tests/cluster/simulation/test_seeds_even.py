"""Half of the seeds of every run of the suite; the other half is in the file beside, for a second worker."""

import pytest

from tests.cluster.simulation.shards import SHARDS, run_shard


@pytest.mark.parametrize("shard", range(0, SHARDS, 2))
def test_nothing_forbidden_happens_and_everything_heals(shard: int) -> None:
    run_shard(shard)
