"""One timer wheel for all connections of a server, which is their register as well.

A timer handle per connection would cost more than the connection. Here each one is a link in one chain, that of the
tick at which it wants to be looked at; moving is a few assignments, and a tick costs what is in its chain. Time is
counted in ticks that really passed: while the process is stopped or its loop is held up, nobody's time runs out.

Not for timeouts that have to be exact: an entry is due up to one tick late, and one that wants to sleep longer than
the wheel turns is woken in between and goes back to sleep.
"""

from collections.abc import Iterator
from typing import Final

TICK_S: Final = 0.25
"""Seconds per tick. Shorter means more wake-ups of an idle server, longer less exact timeouts and larger bursts."""

SLOTS: Final = 256
"""Ticks per turn: about a minute, after which an entry without any timeout is looked at in vain."""


class Entry:
    """What the wheel holds. The links are the wheel's."""

    __slots__ = ("wheel_next", "wheel_previous")

    def __init__(self) -> None:
        self.wheel_next: Entry | None = None
        self.wheel_previous: Entry | None = None

    @property
    def is_scheduled(self) -> bool:
        """Whether the wheel holds it."""
        return self.wheel_next is not None

    def due(self) -> None:
        """Look at the clock; the entry is out of the wheel and has to schedule itself again."""


class _Ring(Entry):
    """The beginning and end of a chain: empty when linked to itself."""

    __slots__ = ()

    def __init__(self) -> None:
        self.wheel_next = self.wheel_previous = self

    def __iter__(self) -> Iterator[Entry]:
        entry = self.wheel_next
        while entry is not None and entry is not self:
            yield entry
            entry = entry.wheel_next


def ticks_of(seconds: float) -> int:
    """How many ticks cover this time, at least one."""
    return max(1, -int(-seconds // TICK_S))


class Wheel:
    """The entries by the tick at which they are due. `now` counts ticks since the start."""

    __slots__ = ("_rings", "now")

    def __init__(self) -> None:
        self.now = 0
        self._rings = [_Ring() for _ in range(SLOTS)]

    def __iter__(self) -> Iterator[Entry]:
        """Every entry, from a copy: they may move meanwhile."""
        return iter([entry for ring in self._rings for entry in ring])

    def schedule(self, entry: Entry, ticks: int) -> None:
        """Have `entry.due()` called that many ticks from now, or after a whole turn if that is sooner."""
        self.cancel(entry)
        ring = self._rings[(self.now + min(max(ticks, 1), SLOTS - 1)) % SLOTS]
        last = ring.wheel_previous
        entry.wheel_previous, entry.wheel_next = last, ring
        ring.wheel_previous = entry
        if last is not None:
            last.wheel_next = entry

    def cancel(self, entry: Entry) -> None:
        """Take the entry out, if it is in."""
        before, behind = entry.wheel_previous, entry.wheel_next
        if before is not None and behind is not None:
            before.wheel_next, behind.wheel_previous = behind, before
            entry.wheel_next = entry.wheel_previous = None

    def advance(self) -> None:
        """One tick has passed: look after the entries that are due."""
        self.now += 1
        due = list(self._rings[self.now % SLOTS])
        for entry in due:
            self.cancel(entry)
        for entry in due:
            if not entry.is_scheduled:
                entry.due()
