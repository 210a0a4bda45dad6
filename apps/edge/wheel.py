"""One timer wheel for all connections of a server, which is their register as well.

A timer handle per connection would cost more than the connection. Here each one is in one set, that of the tick at
which it wants to be looked at; moving is two set operations, and a tick costs what is in its set. Time is counted in
ticks that really passed: while the process is stopped or its loop is held up, nobody's time runs out.

Not for timeouts that have to be exact: an entry is due up to one tick late, and one that wants to sleep longer than
the wheel turns is woken in between and goes back to sleep.
"""

from collections.abc import Iterator
from typing import Final, Protocol

TICK_S: Final = 0.25
"""Seconds per tick. Shorter means more wake-ups of an idle server, longer less exact timeouts and larger bursts."""

SLOTS: Final = 256
"""Ticks per turn. Small enough that the number of a slot is one of the integers that Python keeps anyway."""

NOWHERE: Final = -1
"""Slot of an entry that is not in the wheel."""


class Entry(Protocol):
    """What the wheel holds. `wheel_slot` is the wheel's to write and starts as `NOWHERE`."""

    wheel_slot: int

    def due(self) -> None:
        """Look at the clock; the entry is out of the wheel and has to schedule itself again."""


def ticks_of(seconds: float) -> int:
    """How many ticks cover this time, at least one."""
    return max(1, -int(-seconds // TICK_S))


class Wheel:
    """The entries by the tick at which they are due. `now` counts ticks since the start."""

    __slots__ = ("_slots", "now")

    def __init__(self) -> None:
        self.now = 0
        self._slots: list[set[Entry]] = [set() for _ in range(SLOTS)]

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def __iter__(self) -> Iterator[Entry]:
        """Every entry, from a copy: they may move meanwhile."""
        return iter([entry for slot in self._slots for entry in slot])

    def schedule(self, entry: Entry, ticks: int) -> None:
        """Have `entry.due()` called that many ticks from now, or after a whole turn if that is sooner."""
        slot = (self.now + min(max(ticks, 1), SLOTS - 1)) % SLOTS
        if entry.wheel_slot != slot:
            self.cancel(entry)
            entry.wheel_slot = slot
            self._slots[slot].add(entry)

    def cancel(self, entry: Entry) -> None:
        """Take the entry out, if it is in."""
        if entry.wheel_slot != NOWHERE:
            self._slots[entry.wheel_slot].discard(entry)
            entry.wheel_slot = NOWHERE

    def advance(self) -> None:
        """One tick has passed: look after the entries that are due."""
        self.now += 1
        slot = self.now % SLOTS
        due, self._slots[slot] = self._slots[slot], set()
        for entry in due:
            entry.wheel_slot = NOWHERE
        for entry in due:
            if entry.wheel_slot == NOWHERE:
                entry.due()
