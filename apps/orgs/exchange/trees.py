"""A department tree in memory, changed step by step as the database will be: planning tries out there what it plans.

Pure. Departments that a file makes are keyed by the line that makes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.steps import Target


@dataclass(slots=True)
class Node:
    """One department."""

    key: Target
    parent: Target | None
    name: str
    code: str = ""
    is_hidden: bool = False
    children: dict[str, Target] = field(default_factory=dict)


class Tree:
    """The departments of one organisation. `nodes` in any order; exactly one has no parent."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.key: node for node in nodes}
        (self.root,) = (node.key for node in self._nodes.values() if node.parent is None)
        self._codes = {node.code: node.key for node in self._nodes.values() if node.code}
        for node in self._nodes.values():
            if node.parent is not None:
                self._nodes[node.parent].children[node.name] = node.key

    def __getitem__(self, key: Target) -> Node:
        return self._nodes[key]

    def with_code(self, code: str) -> Target | None:
        """Return the department with this code."""
        return self._codes.get(code)

    def find(self, reference: Reference) -> Target | None:
        """Return what a reference names now."""
        if reference.code:
            return self.with_code(reference.code)
        key: Target | None = self.root
        for name in reference.names:
            key = self._nodes[key].children.get(name) if key is not None else None
        return key

    def depth(self, key: Target) -> int:
        """Return how many departments are above it; the root has 0."""
        return sum(1 for _ in self._above(key))

    def height(self, key: Target) -> int:
        """Return how many levels are below it."""
        levels, level = -1, [key]
        while level:
            levels += 1
            level = [child for parent in level for child in self._nodes[parent].children.values()]
        return levels

    def is_within(self, key: Target, ancestor: Target) -> bool:
        """Tell whether `key` is `ancestor` or below it."""
        return key == ancestor or ancestor in self._above(key)

    def names(self, key: Target) -> tuple[str, ...]:
        """Return the names on the way from the root, which itself has none."""
        above = [self._nodes[each].name for each in (key, *self._above(key)) if each != self.root]
        return tuple(reversed(above))

    def add(self, node: Node) -> None:
        """Put a new department below its parent."""
        self._nodes[node.key] = node
        if node.code:
            self._codes[node.code] = node.key
        if node.parent is not None:
            self._nodes[node.parent].children[node.name] = node.key

    def move(self, key: Target, parent: Target, name: str) -> None:
        """Put a department below another parent, under a name that is free there."""
        node = self._nodes[key]
        if node.parent is not None:
            del self._nodes[node.parent].children[node.name]
        node.parent, node.name = parent, name
        self._nodes[parent].children[name] = key

    def set_code(self, key: Target, code: str) -> None:
        """Give a department a code that is free."""
        self._nodes[key].code = code
        self._codes[code] = key

    def _above(self, key: Target) -> Iterable[Target]:
        parent = self._nodes[key].parent
        while parent is not None:
            yield parent
            parent = self._nodes[parent].parent


def is_there(key: Target) -> bool:
    """Tell whether a department is in the database already."""
    return isinstance(key, UUID)
