"""Addresses of nodes that are all as good: one is used until it fails, then the next, round and round."""

from collections.abc import Sequence


class Addresses:
    """One address or several. Raises ValueError for none."""

    def __init__(self, given: str | Sequence[str]) -> None:
        self._all = (given,) if isinstance(given, str) else tuple(given)
        if not self._all:
            raise ValueError("a client needs the address of at least one node")
        self._place = 0

    @property
    def current(self) -> str:
        """The address to use now."""
        return self._all[self._place]

    def failed(self) -> None:
        """Nobody answers there, or not as it should: use the next one."""
        self._place = (self._place + 1) % len(self._all)
