"""Collects what may have been lost, to be told in few words: some groups, or all, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """Messages sent to these groups (None: to any) since `since_ms` may be missing."""

    groups: tuple[str, ...] | None
    since_ms: int


class Gaps:
    """Gaps noticed since the last notice; more than `max_groups` groups become all."""

    def __init__(self, max_groups: int) -> None:
        self._max_groups = max_groups
        self._groups: dict[str, None] = {}
        self._since_ms: int | None = None
        self._all = False

    def __bool__(self) -> bool:
        return self._since_ms is not None

    def add(self, groups: Iterable[str], since_ms: int) -> None:
        """Note a gap of some groups."""
        self._groups.update(dict.fromkeys(groups))
        self._note(since_ms)
        if len(self._groups) > self._max_groups:
            self.add_all(since_ms)

    def add_all(self, since_ms: int) -> None:
        """Note a gap of every group."""
        self._all = True
        self._groups.clear()
        self._note(since_ms)

    def take(self) -> Notice:
        """Return what was noted, and begin anew."""
        assert self._since_ms is not None, "there is a gap to tell of"
        notice = Notice(None if self._all else tuple(self._groups), self._since_ms)
        self._groups = {}
        self._since_ms = None
        self._all = False
        return notice

    def _note(self, since_ms: int) -> None:
        self._since_ms = since_ms if self._since_ms is None else min(self._since_ms, since_ms)
