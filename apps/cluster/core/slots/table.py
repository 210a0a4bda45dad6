"""Which node owns which slot: an immutable table, written as ranges.

A change makes another table, so whoever holds one may read it from any thread. Not here: who may change it (the state
machine) and to what (the planner).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, repeat

import msgspec

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots.keys import SLOTS


class TableInvalid(ValueError):
    """What was to be read as a table is none."""


class Span(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, order=True):
    """Slots side by side, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many slots it holds."""
        return self.last - self.first + 1


class Assignment(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, order=True):
    """Slots side by side, and the node that is to own them."""

    first: int
    last: int
    owner: NodeId


class SlotRange(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Slots side by side with one history.

    `epoch`: index of the log entry that gave them to `owner` or, if there is none, took them from `previous`; 0 before
    the first assignment. `previous` is kept only while nobody owns them: it may still be serving until it has applied
    that entry.
    """

    first: int
    last: int
    owner: NodeId
    epoch: int
    previous: NodeId

    @property
    def span(self) -> Span:
        """The slots alone."""
        return Span(self.first, self.last)

    @property
    def count(self) -> int:
        """How many slots it holds."""
        return self.last - self.first + 1


class SlotTable:
    """All slots, in ascending ranges without gaps; neighbours with the same history are one range."""

    def __init__(self, ranges: Iterable[SlotRange] = (SlotRange(0, SLOTS - 1, NO_NODE, 0, NO_NODE),)) -> None:
        self.ranges = tuple(_merged(ranges))
        self._firsts = [part.first for part in self.ranges]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotTable) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"SlotTable({self.ranges})"

    @cached_property
    def epoch(self) -> int:
        """Index of the last log entry that changed the table; 0: none has."""
        return max(part.epoch for part in self.ranges)

    @cached_property
    def owners(self) -> tuple[NodeId, ...]:
        """The owner of every slot, for whoever looks up many of them: built once, at first use."""
        return tuple(chain.from_iterable(repeat(part.owner, part.count) for part in self.ranges))

    @cached_property
    def counts(self) -> Mapping[NodeId, int]:
        """How many slots each node owns, those without an owner under `NO_NODE`; ascending ids, no zeros."""
        counts: Counter[NodeId] = Counter()
        for part in self.ranges:
            counts[part.owner] += part.count
        return dict(sorted(counts.items()))

    @cached_property
    def holders(self) -> frozenset[NodeId]:
        """Whoever owns slots, or may still serve some that were taken from it."""
        return frozenset(node for part in self.ranges for node in (part.owner, part.previous) if node != NO_NODE)

    def range_of(self, slot: int) -> SlotRange:
        """Return the range a slot lies in."""
        assert 0 <= slot < SLOTS
        return self.ranges[bisect_right(self._firsts, slot) - 1]

    def owner(self, slot: int) -> NodeId:
        """Return the owner of a slot, or `NO_NODE`."""
        return self.range_of(slot).owner

    def epoch_of(self, slot: int) -> int:
        """Return the epoch of a slot: it grows whenever the slot is given or taken."""
        return self.range_of(slot).epoch

    def count_of(self, node: NodeId) -> int:
        """Return how many slots a node owns."""
        return self.counts.get(node, 0)

    def ranges_of(self, node: NodeId) -> tuple[SlotRange, ...]:
        """Return the ranges of one owner; of `NO_NODE`, those without one."""
        return tuple(part for part in self.ranges if part.owner == node)

    def within(self, first: int, last: int) -> Iterator[SlotRange]:
        """Give the ranges between two slots, cut to them."""
        assert 0 <= first <= last < SLOTS
        at = bisect_right(self._firsts, first) - 1
        while at < len(self.ranges) and self.ranges[at].first <= last:
            part = self.ranges[at]
            yield _cut(part, max(first, part.first), min(last, part.last))
            at += 1

    def with_assigned(self, assignments: Iterable[Assignment], epoch: int) -> "SlotTable":
        """Return the table after the entry at `epoch` gave slots away. The assignments must not overlap."""
        parts = [SlotRange(part.first, part.last, part.owner, epoch, NO_NODE) for part in assignments]
        assert all(part.owner != NO_NODE for part in parts), "slots are given to a node, or released"
        return self._with(parts)

    def with_released(self, spans: Iterable[Span], epoch: int) -> "SlotTable":
        """Return the table after the entry at `epoch` took slots from their owners. The spans must not overlap."""
        owned = [part for span in spans for part in self.within(span.first, span.last)]
        assert all(part.owner != NO_NODE for part in owned), "only what somebody owns can be released"
        return self._with([SlotRange(part.first, part.last, NO_NODE, epoch, part.owner) for part in owned])

    def pack(self) -> bytes:
        """Write the table down: the same table always gives the same bytes."""
        return msgspec.msgpack.encode(self.ranges)

    @classmethod
    def unpack(cls, data: bytes) -> "SlotTable":
        """Read what `pack` wrote. Raises TableInvalid."""
        try:
            ranges = msgspec.msgpack.decode(data, type=tuple[SlotRange, ...])
        except msgspec.MsgspecError as error:
            raise TableInvalid(f"not a table of slots: {error}") from error
        return cls.of_ranges(ranges)

    @classmethod
    def of_ranges(cls, ranges: tuple[SlotRange, ...]) -> "SlotTable":
        """Make a table of ranges from elsewhere. Raises TableInvalid unless they cover every slot once, in order."""
        following = 0
        for part in ranges:
            if part.first != following or part.last < part.first:
                raise TableInvalid(f"slot {following} is missing, or twice in the table: {part}")
            following = part.last + 1
        if following != SLOTS:
            raise TableInvalid(f"the table ends at slot {following} of {SLOTS}")
        return cls(ranges)

    def _with(self, parts: list[SlotRange]) -> "SlotTable":
        ranges: list[SlotRange] = []
        following = 0
        for part in sorted(parts, key=lambda part: part.first):
            assert following <= part.first <= part.last < SLOTS, "no such slot, or the same one twice in one change"
            ranges += self.within(following, part.first - 1) if part.first > following else ()
            ranges.append(part)
            following = part.last + 1
        ranges += self.within(following, SLOTS - 1) if following < SLOTS else ()
        return SlotTable(ranges)


def _cut(part: SlotRange, first: int, last: int) -> SlotRange:
    if (first, last) == (part.first, part.last):
        return part
    return SlotRange(first, last, part.owner, part.epoch, part.previous)


def _merged(ranges: Iterable[SlotRange]) -> Iterator[SlotRange]:
    """Join neighbours with the same history, so that equal tables are written alike."""
    pending: SlotRange | None = None
    for part in ranges:
        if pending is None:
            pending = part
        elif (part.owner, part.epoch, part.previous) == (pending.owner, pending.epoch, pending.previous):
            pending = SlotRange(pending.first, part.last, part.owner, part.epoch, part.previous)
        else:
            yield pending
            pending = part
    assert pending is not None
    yield pending
