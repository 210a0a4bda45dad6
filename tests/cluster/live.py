"""Real nodes in this process, over loopback, with times that suit tests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from apps.cluster.core.gossip import GossipConfig
from apps.cluster.core.reconcile import ReconcileConfig
from apps.cluster.runtime.config import ClusterConfig
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.services import Cluster

RING = KeyRing(["the key of the tests"])
WAIT_S = 20.0
QUICK_GOSSIP = GossipConfig(probe_interval_ms=200, probe_timeout_ms=100, gossip_interval_ms=20)
QUICK_RECONCILE = ReconcileConfig(stable_ms=200)

Fatal = list[tuple[str, str]]


def config(folder: Path, name: str, **options: Any) -> ClusterConfig:
    """Return what a node of a test is told."""
    chosen: dict[str, Any] = {"port": 0, "confirms": False, "gossip": QUICK_GOSSIP, "reconcile": QUICK_RECONCILE}
    return ClusterConfig(folder=folder / name, keys=RING, name=name, **{**chosen, **options})


async def until(holds: Callable[[], Any]) -> None:
    """Wait for something that other threads bring about."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    folder: Path, count: int, fatal: Fatal | None = None, *, public_urls: Sequence[str] = ()
) -> AsyncIterator[list[Cluster]]:
    """Nodes n0, n1, … of one cluster, once all are members and all slots are served."""
    ends = fatal if fatal is not None else []
    urls = [*public_urls, *[""] * count]
    nodes = [Cluster(config(folder, "n0", public_url=urls[0]), lambda *end: ends.append(end))]
    try:
        for number in range(1, count):
            told = config(folder, f"n{number}", join=(nodes[0].address,), expect=0, public_url=urls[number])
            nodes.append(Cluster(told, lambda *end: ends.append(end)))
        await until(lambda: all(settled(node, count) for node in nodes))
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def settled(node: Cluster, count: int) -> bool:
    """Whether a node sees a cluster of so many, at rest, and may serve its share."""
    view = node.view
    if view is None or len(view.members) != count or view.leader not in view.members or not node.serving_until_ms:
        return False
    voters = {1: 1, 2: 1, 3: 3, 4: 3}.get(count, 5)
    shares = [view.table.count_of(member) for member in view.members]
    return len(view.membership.voters) == voters and sum(shares) == 16_384 and max(shares) - min(shares) <= 1
