"""Choosing nodes by chance, the same ones for the same seed."""

from collections.abc import Iterator

from apps.cluster.core.ids import NodeId, Random


class Pool:
    """A set of nodes of which some can be drawn at random, each for the price of one."""

    def __init__(self) -> None:
        self._order: list[NodeId] = []
        self._place: dict[NodeId, int] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, node: object) -> bool:
        return node in self._place

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self._order)

    def add(self, node: NodeId) -> None:
        """Put a node in; once is enough."""
        if node not in self._place:
            self._place[node] = len(self._order)
            self._order.append(node)

    def discard(self, node: NodeId) -> None:
        """Take a node out if it is in."""
        place = self._place.pop(node, None)
        if place is None:
            return
        last = self._order.pop()
        if last != node:
            self._order[place] = last
            self._place[last] = place

    def draw(self, rng: Random) -> Iterator[NodeId]:
        """Yield the nodes in random order, each once. The pool must not change meanwhile."""
        order, place = self._order, self._place
        for at in range(len(order)):
            other = at + int(rng.random() * (len(order) - at))
            order[at], order[other] = order[other], order[at]
            place[order[at]], place[order[other]] = at, other
            yield order[at]


class Ring:
    """Whom to probe next: everybody once in a random order, then everybody again in another (SWIM §4.3).

    So nobody waits for more than two rounds, where mere chance would leave some unprobed for long.
    """

    def __init__(self, pool: Pool, rng: Random) -> None:
        self._pool = pool
        self._rng = rng
        self._order: list[NodeId] = []
        self._in_order: set[NodeId] = set()
        self._at = 0

    def insert(self, node: NodeId) -> None:
        """Let a node take part from now on, at a random place of the rest of this round."""
        if node not in self._in_order:
            self._in_order.add(node)
            self._order.insert(self._at + int(self._rng.random() * (len(self._order) - self._at + 1)), node)

    def turn(self) -> NodeId | None:
        """Return the next one that is in the pool; None when the pool is empty."""
        while True:
            while self._at < len(self._order):
                self._at += 1
                node = self._order[self._at - 1]
                if node in self._pool:
                    return node
            if not len(self._pool):
                return None
            self._order = list(self._pool.draw(self._rng))
            self._in_order = set(self._order)
            self._at = 0
