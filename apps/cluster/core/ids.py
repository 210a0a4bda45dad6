"""Names of nodes and times as the machines of the core use them."""

from typing import NewType, Protocol

NodeId = NewType("NodeId", int)
"""A node, for ever: 63 random bits, made at its first start and never 0. Written as 16 hexadecimal digits."""

NO_NODE = NodeId(0)
"""No node: a slot without owner, a vote not given, a leader not known."""


class Random(Protocol):
    """Where a machine takes chance from; `random.Random` fits, seeded in simulations."""

    def random(self) -> float:
        """Return a number from 0 to below 1."""

    def getrandbits(self, k: int, /) -> int:
        """Return `k` random bits."""


def node_name(node: NodeId) -> str:
    """Return a node's id as people and files write it."""
    return f"{node:016x}"


def parse_node(text: str) -> NodeId:
    """Read an id written by `node_name`. Raises ValueError."""
    number = int(text, 16)
    if not 0 < number < 1 << 63 or len(text) != 16:
        raise ValueError(f"{text!r} is not the id of a node: 16 hexadecimal digits")
    return NodeId(number)
