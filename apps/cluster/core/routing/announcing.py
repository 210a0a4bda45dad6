"""Tells owners which groups have members here: the groups by slot, and what is still to be said to one peer."""

from collections import deque
from collections.abc import Iterable

from apps.cluster.core.routing.frames import Announce
from apps.cluster.core.routing.slotting import slot_of


class Joined:
    """The groups with members on this node."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[str, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._slots)

    def __contains__(self, group: str) -> bool:
        return group in self._slots.get(slot_of(group), ())

    def holds(self, group: str, slot: int) -> bool:
        """Whether a group of this slot has members here."""
        return group in self._slots.get(slot, ())

    def add(self, group: str) -> None:
        """Note the first member of a group."""
        self._slots.setdefault(slot_of(group), {})[group] = None

    def discard(self, group: str) -> None:
        """Note that a group has no member any more."""
        slot = slot_of(group)
        groups = self._slots.get(slot, {})
        groups.pop(group, None)
        if not groups:
            self._slots.pop(slot, None)

    def slots(self) -> tuple[int, ...]:
        """Return the slots that have groups here."""
        return tuple(self._slots)

    def groups_of(self, slot: int) -> Iterable[str]:
        """Return the groups of a slot."""
        return self._slots.get(slot, ())


class Announcements:
    """What is still to be said to one peer, and what it has not confirmed yet."""

    def __init__(self) -> None:
        self._changes: dict[str, bool] = {}
        self._completes = False
        self._number = 0
        self._unconfirmed: deque[tuple[int, tuple[str, ...]]] = deque()

    def __bool__(self) -> bool:
        return self._completes or bool(self._changes)

    def note(self, group: str, *, joins: bool) -> None:
        """Say with the next frames that a group has members here, or has none any more."""
        self._changes[group] = joins

    def complete(self) -> None:
        """Say with the next frames that this is all."""
        self._completes = True

    def take(self, epoch: int, limit: int) -> list[Announce]:
        """Return the frames to send now, with at most `limit` groups each; the last one says whether it is all."""
        changes = list(self._changes.items())
        parts = [changes[start : start + limit] for start in range(0, len(changes), limit)] or [[]]
        frames = [self._frame(part, epoch, complete=self._completes and part is parts[-1]) for part in parts]
        self._changes.clear()
        self._completes = False
        return frames

    def confirm(self, number: int) -> list[str]:
        """Return the joined groups that the peer knows now. An unknown number confirms nothing."""
        groups: list[str] = []
        while self._unconfirmed and self._unconfirmed[0][0] <= number:
            groups += self._unconfirmed.popleft()[1]
        return groups

    def _frame(self, part: list[tuple[str, bool]], epoch: int, *, complete: bool) -> Announce:
        self._number += 1
        joins = tuple(group for group, joining in part if joining)
        leaves = tuple(group for group, joining in part if not joining)
        self._unconfirmed.append((self._number, joins))
        return Announce(self._number, epoch, joins, leaves, complete)
