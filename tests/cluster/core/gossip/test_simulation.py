"""Many nodes together: what is promised of gossip in a cluster, and that a simulation can be repeated."""

import subprocess
import sys
from collections.abc import Iterable

import pytest

from apps.cluster.core.gossip import Gossip, Meta, Status
from apps.cluster.core.ids import NodeId
from imsite.env import ROOT
from tests.cluster.core.gossip.simulation import BOOT, PORT, Network, Traffic, converged, times_ms

TRACE = """
import hashlib
from tests.cluster.core.gossip.simulation import converged
network = converged(12, seed=5)
network.loss, network.duplication = 0.1, 0.1
network.run(5_000)
network.crash(3)
network.run(20_000)
print(hashlib.sha256(repr(network.sightings).encode()).hexdigest(), len(network.sightings))
"""


def is_united(network: Network, nodes: Iterable[int]) -> bool:
    """Whether these nodes run, know each other and nobody else, and take each other to be alive."""
    wanted = {NodeId(node) for node in nodes}
    views = [network.gossip(node).peers for node in wanted]
    return all(view.keys() == wanted and {peer.status for peer in view.values()} == {Status.ALIVE} for view in views)


def sighted(network: Network, status: Status, since_ms: int = 0) -> int:
    return sum(s.peer.status is status and s.at_ms >= since_ms for s in network.sightings)


def test_the_same_seed_gives_the_same_run_whatever_hashes_are() -> None:
    traces = {
        subprocess.run(
            [sys.executable, "-c", TRACE], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "77")
    }

    assert len(traces) == 1
    assert int(traces.pop().split()[1]) > 20


def test_nodes_that_join_one_after_the_other_all_meet() -> None:
    network = Network()

    for node in range(1, 51):
        network.add(node, seeds=[("h1", PORT)] if node > 1 else [])
        network.run(20)

    assert network.run_until(lambda: is_united(network, range(1, 51)), 10_000)


def test_nodes_that_all_start_at_once_all_meet() -> None:
    network = Network()

    for node in range(1, 101):
        network.add(node, seeds=[("h1", PORT), ("h2", PORT)])

    assert network.run_until(lambda: is_united(network, range(1, 101)), 5_000)


def test_a_cluster_that_restarts_as_a_whole_is_back_soon() -> None:
    network = converged(100)
    network.crash(*range(1, 101))
    network.run(1_000)

    for node in range(1, 101):
        network.boot(node, seeds=[("h1", PORT), ("h2", PORT)])

    assert network.run_until(lambda: is_united(network, range(1, 101)), 5_000)
    assert all(peer.incarnation >= 2 * BOOT for peer in network.gossip(7).peers.values())


def test_a_rolling_restart_raises_no_alarm() -> None:
    network = converged(10)

    for node in range(1, 11):
        network.crash(node)
        network.run(300)
        network.boot(node, seeds=[(f"h{node % 10 + 1}", PORT)])
        network.run(1_000)

    assert network.run_until(lambda: is_united(network, range(1, 11)), 2_000)
    assert sighted(network, Status.DEAD) == 0


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.2])
def test_lost_packets_kill_nobody(loss: float) -> None:
    network = converged(100)
    network.loss = loss

    network.run(30_000)

    assert sighted(network, Status.DEAD) == 0


def test_nor_do_they_where_streams_do_not_get_through_either() -> None:
    network = converged(30)
    network.loss, network.stream_loss = 0.2, 1.0

    network.run(200_000)

    assert sighted(network, Status.SUSPECT) > 100
    assert sighted(network, Status.DEAD) == 0


def test_slow_nodes_kill_nobody() -> None:
    network = converged(40)
    for node in range(1, 5):
        network.hosts[NodeId(node)].sluggish_ms = 2_000

    network.run(40_000)

    assert sighted(network, Status.SUSPECT) > 0
    assert sighted(network, Status.DEAD) == 0
    assert min(network.gossip(node).health for node in range(1, 5)) > 0


def test_many_nodes_that_die_at_once_are_all_found_dead() -> None:
    network = converged(100)

    network.crash(*range(1, 21))
    network.run(60_000)

    assert {network.status(observer, node) for observer in range(21, 101) for node in range(1, 21)} == {Status.DEAD}
    assert sighted(network, Status.DEAD) == 80 * 20


def test_a_healed_partition_is_one_cluster_again_without_anybody_joining() -> None:
    network = converged(60)
    network.split(range(1, 31), range(31, 61))
    network.run(60_000)
    divided = network.status(1, 60), network.status(60, 1)

    network.heal()

    assert divided == (Status.DEAD, Status.DEAD)
    assert network.run_until(lambda: is_united(network, range(1, 61)), 10_000)


def test_a_goodbye_is_known_within_a_second() -> None:
    network = converged(100)

    network.do(7, Gossip.leave)
    network.run(1_000)

    assert len(times_ms(network, 7, Status.LEFT, 0)) == 99
    assert sighted(network, Status.SUSPECT) == 0


def test_duplicates_and_clocks_of_different_origin_do_no_harm() -> None:
    network = Network()
    network.duplication = 0.5
    for node in range(1, 11):
        network.add(node, seeds=[("h1", PORT)])
        network.hosts[NodeId(node)].clock_ms = node * 1_000_000
        network.boot(node, seeds=[("h1", PORT)])

    network.run(30_000)

    assert is_united(network, range(1, 11))
    assert sighted(network, Status.SUSPECT) == 0


class TestThousand:
    """One cluster of 1,000 for all: it takes seconds to make."""

    @pytest.fixture(scope="class")
    def network(self) -> Network:
        network = converged(1_000)
        network.counts_bytes = True
        return network

    def test_an_idle_node_sends_no_more_than_one_of_a_hundred(self, network: Network) -> None:
        hundred = converged(100)
        hundred.counts_bytes = True

        rates = []
        for crowd, size in ((hundred, 100), (network, 1_000)):
            crowd.traffic = Traffic()
            crowd.run(5_000)
            rates.append(crowd.traffic.size_bytes / size / 5)

        assert rates[1] == pytest.approx(rates[0], rel=0.1)
        assert rates[1] < 400

    def test_a_change_is_known_to_all_within_three_seconds(self, network: Network) -> None:
        since_ms = network.now_ms

        network.do(500, lambda gossip, now_ms: gossip.update(Meta("n500", load=1), now_ms))
        network.run(3_000)

        assert len(times_ms(network, 500, Status.ALIVE, since_ms)) == 999

    def test_a_death_is_known_to_all_and_nobody_else_dies(self, network: Network) -> None:
        since_ms = network.now_ms

        network.crash(700)
        network.run(18_000)

        assert len(times_ms(network, 700, Status.DEAD, since_ms)) == 999
        assert sighted(network, Status.DEAD) == 999
        assert network.traffic.largest_bytes <= network.config.packet_bytes
