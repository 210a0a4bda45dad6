"""The node's life: one per process and event loop, started by its server, or else by the first connection."""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import Final

from channels.layers import get_channel_layer
from django.conf import settings

from apps.events.publish import bind_loop
from apps.gateway.connection import Node
from apps.gateway.dispatch import Dispatcher
from apps.gateway.outbox import Bounds
from apps.gateway.registry import Registry
from apps.gateway.session import Limits
from apps.messaging import runtime

logger = logging.getLogger(__name__)

CLOSE_WITHIN_S: Final = 4.0
"""How long sessions get to close, and then once more the work they began to end."""


class NodeStopping(Exception):
    """The node takes no more connections; clients find another one, or this one started anew."""


@dataclass(slots=True)
class _Running:
    """The node of one event loop, or its start under way."""

    loop: asyncio.AbstractEventLoop
    start: asyncio.Task[Node]
    stopping: bool = False


class _Slot:
    """Holds this process's node."""

    def __init__(self) -> None:
        self.running: _Running | None = None


_slot = _Slot()


async def startup() -> None:
    """Start the node before the first connection. Nothing happens when it runs already."""
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
    node.services.close()
    await runtime.stop()
    logger.info("gateway of node %s stopped", node.registry.node_id)


async def _start() -> Node:
    await runtime.start()
    registry = Registry(secrets.token_hex(6), get_channel_layer())
    await registry.start()
    bind_loop(asyncio.get_running_loop())
    logger.info("gateway of node %s started", registry.node_id)
    limits = Limits(**getattr(settings, "IM_SESSION_LIMITS", {}))
    return Node(registry, Dispatcher(), limits, Bounds(**getattr(settings, "IM_OUTBOX_BOUNDS", {})))
