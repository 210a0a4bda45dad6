"""A department tree in memory, changed step by step as the database will be: planning tries out there what it plans.

Pure. Departments that a file makes are keyed by the line that makes them.
"""

from collections import Counter
from collections.abc import Container, Iterable
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
    """The departments of one organisation. `nodes` in any order; exactly one has no parent.

    `unseen`: those of which whoever asks must not learn, which no reference finds. Below what she sees she sees all.
    """

    def __init__(self, nodes: Iterable[Node], *, unseen: Container[Target] = frozenset()) -> None:
        self._unseen = unseen
        self._nodes = {node.key: node for node in nodes}
        (self.root,) = (node.key for node in self._nodes.values() if node.parent is None)
        self._codes = {node.code: node.key for node in self._nodes.values() if node.code}
        for node in self._nodes.values():
            if node.parent is not None:
                self._nodes[node.parent].children[node.name] = node.key
        tops = [node for node in self._nodes.values() if self.is_top(node.key)]
        names = Counter(node.name for node in tops)
        self._tops = {node.name: node.key for node in tops if names[node.name] == 1}

    def __getitem__(self, key: Target) -> Node:
        return self._nodes[key]

    def with_code(self, code: str) -> Target | None:
        """Return the department with this code."""
        return self._codes.get(code)

    def find(self, reference: Reference) -> Target | None:
        """Return what a reference names now, if that may be seen. The root may: every organisation has one."""
        key = self.with_code(reference.code) if reference.code else self._by_names(reference)
        return None if key in self._unseen and key != self.root else key

    def is_top(self, key: Target) -> bool:
        """Tell whether it is seen, and what is around it is not."""
        parent = self._nodes[key].parent
        return parent is not None and parent in self._unseen and key not in self._unseen

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

    def reference(self, key: Target) -> Reference:
        """Return the path that names it without a name that may not be seen: from the root, else from a top."""
        names = [self._nodes[key].name]
        while not self.is_top(key):
            parent = self._nodes[key].parent
            if parent is None:
                return Reference(names=tuple(reversed(names[:-1])))
            key = parent
            names.append(self._nodes[key].name)
        return Reference(names=tuple(reversed(names)), is_from_top=True)

    def add(self, node: Node) -> None:
        """Put a new department below its parent."""
        assert node.parent is not None  # noqa: S101 - an invariant of the planner: the root is there from the first
        self._nodes[node.key] = node
        if node.code:
            self._codes[node.code] = node.key
        self._nodes[node.parent].children[node.name] = node.key

    def move(self, key: Target, parent: Target, name: str) -> None:
        """Put a department below another parent, under a name that is free there."""
        node = self._nodes[key]
        assert node.parent is not None  # noqa: S101 - as above: the planner refuses rows that name the root
        del self._nodes[node.parent].children[node.name]
        node.parent, node.name = parent, name
        self._nodes[parent].children[name] = key

    def set_code(self, key: Target, code: str) -> None:
        """Give a department a code that is free."""
        self._nodes[key].code = code
        self._codes[code] = key

    def _by_names(self, reference: Reference) -> Target | None:
        """Tops that have the same name are told apart by their codes only."""
        names = reference.names
        key: Target | None = self.root
        if reference.is_from_top:
            key, names = self._tops.get(names[0]), names[1:]
        for name in names:
            key = self._nodes[key].children.get(name) if key is not None else None
        return key

    def _above(self, key: Target) -> Iterable[Target]:
        parent = self._nodes[key].parent
        while parent is not None:
            yield parent
            parent = self._nodes[parent].parent


def is_there(key: Target) -> bool:
    """Tell whether a department is in the database already."""
    return isinstance(key, UUID)
