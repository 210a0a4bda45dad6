"""The node's life: one per process and event loop, started by its server, or else by the first connection."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from apps.accounts import selectors as accounts
from apps.cluster import services as cluster_services
from apps.cluster.services import Cluster
from apps.common.clock import now_ms, to_datetime
from apps.events.publish import bind_loop
from apps.gateway.collector import freeze_as_it_grows
from apps.gateway.connection import Node
from apps.gateway.dispatch import RESUME_OVERLAP_MS, Dispatcher
from apps.gateway.gaps import GapRepair
from apps.gateway.outbox import Bounds
from apps.gateway.quotas import Allowances, Quotas
from apps.gateway.registry import Registry
from apps.gateway.session import Limits
from apps.gateway.shutouts import ShutOutWatch
from apps.gateway.tenancy import TenantWatch
from apps.messaging import runtime, selectors
from apps.metrics import observe_gauge
from apps.tenants.selectors import Standing, unusual_standings

logger = logging.getLogger(__name__)

CLOSE_WITHIN_S: Final = 4.0
"""How long sessions get to close, and then once more the work they began to end."""


OnFatal = Callable[[str, str], None]
"""Told a code and a detail, in another thread, when this node's place in the cluster ends by itself."""


class NodeStopping(Exception):
    """The node takes no more connections; clients find another one, or this one started anew."""


@dataclass(slots=True)
class _Running:
    """The node of one event loop, or its start under way."""

    loop: asyncio.AbstractEventLoop
    start: asyncio.Task[Node]
    stopping: bool = False


def _log_fatal(code: str, detail: str) -> None:
    logger.critical("this node has no place in its cluster any more (%s): %s", code, detail)


class _Slot:
    """Holds this process's node."""

    def __init__(self) -> None:
        self.running: _Running | None = None
        self.on_fatal: OnFatal = _log_fatal


_slot = _Slot()


async def startup(on_fatal: OnFatal | None = None) -> None:
    """Start the node before the first connection. Nothing happens when it runs already.

    Without a place in its cluster the process has to end: `on_fatal` hears of that.
    """
    _slot.on_fatal = on_fatal or _log_fatal
    await running_node()


async def running_node() -> Node:
    """Return this event loop's node, started now if need be. Raises NodeStopping, or what keeps it from starting."""
    loop = asyncio.get_running_loop()
    running = _slot.running
    if running is None or running.loop is not loop:
        running = _slot.running = _Running(loop, loop.create_task(_start()))
    if running.stopping:
        raise NodeStopping
    try:
        return await asyncio.shield(running.start)
    except Exception:
        if _slot.running is running:
            _slot.running = None
        raise


async def shutdown() -> None:
    """Close every session with a word to its client, write what is held back, and stop. Bounded in time."""
    running = _slot.running
    if running is None or running.loop is not asyncio.get_running_loop() or running.stopping:
        return
    running.stopping = True
    try:
        await _stop(await running.start)
    finally:
        _slot.running = None


async def _stop(node: Node) -> None:
    await node.registry.stop(within_s=CLOSE_WITHIN_S)
    bind_loop(None)
    await node.services.close()
    await runtime.stop()
    await _leave_cluster(get_channel_layer())
    logger.info("gateway of node %s stopped", node.registry.node_id)


async def _start() -> Node:
    """Take the place in the cluster, open the database, and begin. What fails leaves nothing running."""
    layer = get_channel_layer()
    await _enter_cluster(layer)
    try:
        await runtime.start()
        node = await _open(layer)
    except BaseException:
        await runtime.stop()
        await _leave_cluster(layer)
        raise
    bind_loop(asyncio.get_running_loop())
    logger.info("gateway of node %s started", node.registry.node_id)
    return node


async def _open(layer: Any) -> Node:
    registry = Registry(secrets.token_hex(6), layer)
    repair = GapRepair(registry, selectors.went_on, _shut_out, overlap_ms=RESUME_OVERLAP_MS)
    registry.on_gap = repair.note
    allowances = Allowances()
    watch = TenantWatch(registry, allowances, _standings)
    registry.on_tenants = watch.look
    observe_gauge("im_gateway_connections", "Open connections, signed in or not.", registry.__len__)
    await registry.start()
    registry.spawn_forever(repair.run())
    registry.spawn_forever(watch.run())
    registry.spawn_forever(ShutOutWatch(registry, _shut_out_since, now_ms=now_ms).run())
    registry.spawn_forever(freeze_as_it_grows(lambda: len(registry)))
    limits = Limits(**getattr(settings, "IM_SESSION_LIMITS", {}))
    bounds = Bounds(**getattr(settings, "IM_OUTBOX_BOUNDS", {}))
    quotas = Quotas(per_s=limits.user_rate_per_s, burst=limits.user_burst)
    return Node(registry, Dispatcher(), limits, bounds, quotas, _home_of, allowances)


async def _shut_out(
    tenant: UUID, users: Collection[UUID], terminals: Collection[UUID], since_ms: int
) -> tuple[set[UUID], set[UUID]]:
    """Ask the accounts who is shut out, in a thread: after a gap only, one question at a time."""
    ask = database_sync_to_async(accounts.shut_out, thread_sensitive=False)
    found: tuple[set[UUID], set[UUID]] = await ask(
        tenant, users=users, terminals=terminals, since=to_datetime(since_ms)
    )
    return found


async def _shut_out_since(since_ms: int) -> accounts.ShutOut:
    """Ask the accounts who was shut out since then, whoever that is, in a thread."""
    ask = database_sync_to_async(accounts.shut_out_since, thread_sensitive=False)
    found: accounts.ShutOut = await ask(to_datetime(since_ms))
    return found


async def _standings() -> Sequence[Standing]:
    """Ask which tenants are not simply active without limit, in a thread."""
    ask = database_sync_to_async(unusual_standings, thread_sensitive=False)
    found: Sequence[Standing] = await ask()
    return found


def _home_of(group: str) -> str:
    """Return the address of the node that owns a group's slot, where that is better for its sessions than this one."""
    cluster = cluster_services.current()
    return "" if cluster is None else cluster.home_of(group)


async def _enter_cluster(layer: Any) -> None:
    """Where the layer is the cluster's: take this node's place, and open the data plane. Raises what keeps it out."""
    if not hasattr(layer, "start"):
        return
    config = cluster_services.configure(settings.IM_CLUSTER)
    cluster = await asyncio.to_thread(cluster_services.start, config, _slot.on_fatal)
    try:
        await layer.start()
    except BaseException:
        await asyncio.to_thread(cluster.stop)
        raise


async def _leave_cluster(layer: Any) -> None:
    """Give slots and office to others while the data plane still forwards; then close it. Bounded in time."""
    cluster: Cluster | None = cluster_services.current()
    if cluster is not None:
        await cluster.leave()
    if hasattr(layer, "stop"):
        await layer.stop()
