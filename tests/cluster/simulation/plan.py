"""What one seed decides beforehand: how large the cluster is, how bad its world, and for how long."""

import random
from dataclasses import dataclass

from apps.cluster.core.gossip import GossipConfig, Meta
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import NodeConfig
from apps.cluster.core.raft import RaftConfig
from apps.cluster.core.reconcile import ReconcileConfig

SECOND = 1_000_000
SIZES = (1, 2, 3, 3, 3, 3, 3, 4, 5, 5)
"""Most clusters have three nodes, where one fault more is one too many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Times in microseconds of true time."""

    founders: int
    joiners: int
    drift: float
    calm_us: int
    faults_us: int
    faults: int
    data_lag_us: int
    """How late views reach the session loops of every other machine."""
    append_bytes: int
    heal_us: int = 20 * SECOND


def draw(rng: random.Random) -> Plan:
    """Choose a plan. In one of three runs the faults begin before there is a cluster."""
    founders = rng.choice(SIZES)
    return Plan(
        founders=founders,
        joiners=rng.choice((0, 0, 1, 1, 2)),
        drift=rng.choice((0.0, 0.02, 0.05)),
        calm_us=rng.choice((0, 2 * SECOND, 3 * SECOND)),
        faults_us=rng.randrange(3, 8) * SECOND,
        faults=rng.randrange(3, 14),
        data_lag_us=rng.choice((0, 0, 0, 30_000, 200_000)),
        append_bytes=rng.choice((1 << 18, 200)),
    )


def address_of(number: int) -> tuple[str, int]:
    """Where a machine is."""
    return (f"10.0.0.{number}", 8002)


def node_config(plan: Plan, node: NodeId, number: int, expect: int) -> NodeConfig:
    """As in production, but faster where production only waits for people or machines to be sure."""
    meta = Meta(name=f"n{number}", data_port=8003, expect=expect)
    return NodeConfig(
        raft=RaftConfig(node=node, compact_entries=24, keep_entries=8, max_append_bytes=plan.append_bytes),
        gossip=GossipConfig(probe_interval_ms=500, probe_timeout_ms=200, push_pull_ms=3_000, suspicion_max_mult=2),
        reconcile=ReconcileConfig(stable_ms=1_000, replace_ms=2_000, move_limit=4_096),
        address=address_of(number),
        meta=meta,
        expect=expect,
        proposal_ms=4_000,
        stop_ms=3_000,
    )
