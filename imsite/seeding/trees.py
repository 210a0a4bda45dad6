"""Shapes of department trees, numbered as django-mptt numbers them. Pure: a random source decides."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from imsite.seeding.names import department

MAX_LEVEL: Final = 8
"""Of made-up trees; deep ones are rare in life."""
MAX_CHILDREN: Final = 18
_ROOM: Final = 12
"""A new department looks for a parent among this many at most, mostly young ones, so that trees grow deep, too."""


@dataclass(slots=True)
class Node:
    """A department to be."""

    name: str
    parent: "Node | None" = None
    level: int = 0
    children: list["Node"] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    lft: int = 0
    rght: int = 0


def grow(name: str, size: int, random: Random) -> list[Node]:
    """Return a tree of `size` departments, the root and parents before their children, numbered."""
    root = Node(name)
    nodes = [root]
    while len(nodes) < size:
        parent = _parent(nodes, random)
        child = Node(department(random, level=parent.level + 1, taken=parent.names), parent, parent.level + 1)
        parent.children.append(child)
        nodes.append(child)
    _number(root)
    return nodes


def _parent(nodes: list[Node], random: Random) -> Node:
    for _attempt in range(_ROOM):
        node = nodes[int(len(nodes) * random.random())]
        if node.level < MAX_LEVEL and len(node.children) < MAX_CHILDREN:
            return node
    return next(node for node in nodes if node.level < MAX_LEVEL and len(node.children) < MAX_CHILDREN)


def _number(root: Node) -> None:
    """Walk around the tree and count each department on the way in and on the way out."""
    count = 0
    way: list[tuple[Node, Iterator[Node]]] = []
    nodes: Iterator[Node] = iter([root])
    while True:
        node = next(nodes, None)
        count += 1
        if node is not None:
            node.lft = count
            way.append((node, nodes))
            nodes = iter(node.children)
        elif way:
            done, nodes = way.pop()
            done.rght = count
        else:
            return
