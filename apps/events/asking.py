"""Asking all nodes something about one person, and gathering who answers in time.

A node answers only if it has sessions of hers, so nobody knows how many answers there will be: the question is open for
a fixed time. What a node that is slow, or cut off, does not say is left out. Not for anything that has to be right.
"""

import asyncio
import logging
from typing import Any, Final
from uuid import UUID

from channels.layers import get_channel_layer

from apps.events.publish import node_loop, send_to_groups, user_group

logger = logging.getLogger(__name__)

ASK: Final = "ask"
"""To the nodes with sessions of a user: send the terminals of those to the channel `reply`."""
ANSWER: Final = "answer"

WAIT_S: Final = 0.2
"""How long a question is open; nodes are a few milliseconds apart."""
WITHIN_S: Final = 2.0
"""How long a thread waits for a loop that is busy with other things; then nobody counts as being there."""
MAX_ANSWERS: Final = 256
"""A cluster has fewer nodes; further answers are left out."""


def open_terminals(user_id: UUID) -> set[UUID]:
    """Return the terminals from which the user has sessions at this moment, anywhere in the cluster.

    Takes WAIT_S; empty where this process serves no sessions. For threads, not for the loop itself.
    """
    loop = node_loop()
    if loop is None:
        return set()
    try:
        return asyncio.run_coroutine_threadsafe(_ask(user_id), loop).result(WITHIN_S)
    except TimeoutError:
        logger.warning("the loop of this node did not come round to asking who is there")
        return set()


async def _ask(user_id: UUID) -> set[UUID]:
    layer: Any = get_channel_layer()
    found: set[UUID] = set()
    if layer is None:
        return found
    try:
        async with asyncio.timeout(WAIT_S):
            reply = await layer.new_channel("answers")
            await send_to_groups([user_group(user_id)], {"type": ASK, "reply": reply})
            for _ in range(MAX_ANSWERS):
                message = await layer.receive(reply)
                found.update(UUID(hex=terminal) for terminal in message["terminals"])
    except TimeoutError:
        return found
    except Exception:
        logger.exception("the nodes cannot be asked who is there")
    return found
