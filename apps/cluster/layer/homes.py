"""Where a channel lives: a process-local one on the node in its name, any other at the owner of its slot."""

import secrets
from collections.abc import Callable
from functools import lru_cache

from apps.cluster.core.ids import NO_NODE, NodeId, node_name, parse_node
from apps.cluster.core.routing import slot_of

REMEMBERED = 65_536
"""Names that need not be read again."""


def local_name(prefix: str, node: NodeId) -> str:
    """Return a fresh name of a channel that lives on this node."""
    return f"{prefix}.{node_name(node)}!{secrets.token_hex(8)}"


@lru_cache(maxsize=REMEMBERED)
def named_node(channel: str) -> NodeId:
    """Return the node in the name of a process-local channel, NO_NODE if it is none of this layer's."""
    before, mark, _ = channel.partition("!")
    if not mark:
        return NO_NODE
    try:
        return parse_node(before.rpartition(".")[2])
    except ValueError:
        return NO_NODE


def home_of(channel: str, owner: Callable[[int], NodeId]) -> NodeId:
    """Return the node where a channel lives; NO_NODE while nobody owns its slot."""
    return named_node(channel) or owner(slot_of(channel))
