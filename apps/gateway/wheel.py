"""A timer wheel: whoever is due is found without looking at the others. Pure: its ticks are the caller's.

One wheel serves all sessions of a node. An idle session is looked at once per idle time instead of every second, so
its heartbeats cost nothing but themselves.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, Generic, Protocol, TypeVar

SLOTS: Final = 256
"""Ticks ahead that the wheel knows; who is due later is looked at after as many and put back. Small, so that an
item's slot is one of the integers that Python shares."""


class Item(Protocol):
    """What can be put on a wheel."""

    slot: int
    """Where it is; the wheel's own, meaningless while it is on none."""


T = TypeVar("T", bound=Item)


class Wheel(Generic[T]):
    """Items by the tick at which they are due. Each is in one place."""

    __slots__ = ("_cursor", "_slots")

    def __init__(self) -> None:
        self._cursor = 0
        self._slots: list[set[T]] = [set() for _ in range(SLOTS)]

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._slots)

    def put(self, item: T, ticks: int) -> None:
        """Let an item that is on no wheel be due after so many ticks, at least one."""
        item.slot = slot = (self._cursor + min(max(ticks, 1), SLOTS - 1)) % SLOTS
        self._slots[slot].add(item)

    def discard(self, item: T) -> bool:
        """Take an item off; False when it is not on the wheel."""
        slot = self._slots[item.slot]
        if item not in slot:
            return False
        slot.discard(item)
        return True

    def hasten(self, item: T, ticks: int) -> None:
        """Let an item be due after so many ticks, unless it is sooner anyway or is not on the wheel."""
        if ticks < (item.slot - self._cursor) % SLOTS and self.discard(item):
            self.put(item, ticks)

    def advance(self) -> set[T]:
        """Go on by one tick; return the items that are due.

        They leave the wheel as the caller pops them out of this set, which it does before the wheel advances again;
        until then `discard` finds them.
        """
        self._cursor = (self._cursor + 1) % SLOTS
        return self._slots[self._cursor]
