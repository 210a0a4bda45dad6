"""How far apart nodes may be: a lease has to come back to its member before the one before it has run out.

From its answer on that takes two round trips, and up to a heartbeat each to be noted and to be told; and leases are a
heartbeat apart. So two round trips and three heartbeats fit into a lease.
"""

import pytest

from apps.cluster.core.slots import SLOTS
from tests.cluster.simulation.network import Weather
from tests.cluster.simulation.plan import SECOND
from tests.cluster.simulation.world import World

NODES = 3
LOOKS = 100
LOOK_US = 33_000
"""No part or multiple of a heartbeat, so that every phase is looked at."""


def least_served(round_trip_ms: int) -> int:
    """Return how many slots were served at the worst moment of a cluster that has come to rest."""
    world = World(seed=5)
    world.network.weather = Weather(delay_us=round_trip_ms * 500, jitter_us=0)
    world.plan = world.plan.__class__(
        founders=NODES,
        joiners=0,
        drift=0.0,
        calm_us=0,
        faults_us=0,
        faults=0,
        data_lag_us=0,
        append_bytes=world.plan.append_bytes,
    )
    for _ in range(NODES):
        world.add_host(joins=False)
    world.kernel.run(15 * SECOND)
    served = []
    for _ in range(LOOKS):
        world.kernel.run(world.kernel.now_us + LOOK_US)
        served.append(sum(world.observer.served(host) for host in world.hosts))
    return min(served)


@pytest.mark.parametrize("round_trip_ms", [50, 75, 95])
def test_nodes_no_further_apart_than_operators_are_told_serve_without_a_break(round_trip_ms: int) -> None:
    assert least_served(round_trip_ms) == SLOTS


def test_of_nodes_much_further_apart_the_leader_alone_serves() -> None:
    assert SLOTS // NODES <= least_served(300) <= SLOTS // NODES + 1
