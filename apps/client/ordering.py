"""One conversation's log as this client hands it on: in seq order, each event once, holes noticed.

A pure state machine. Events come in from pushes, from answers to `sync` and from acks of own messages, in any order
and any number of times; `take` gives out what is next. What is still missing, `missing` says.
"""

from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from apps.wire.frames import Events, EventView

MAX_HELD_EVENTS: Final = 256
"""Events kept while one before them is missing, per conversation. Past it the highest is dropped, to be fetched."""


class HistoryGap(msgspec.Struct, frozen=True):
    """Events `from_seq` to `to_seq` are not available to this user: she joined later, or they are past retention."""

    conversation: UUID
    from_seq: int
    to_seq: int


class HistoryReset(msgspec.Struct, frozen=True):
    """The server's log is another one than before (restored from a backup): drop your copy, it comes again from 1."""

    conversation: UUID


LogItem: TypeAlias = EventView | HistoryGap | HistoryReset


class Feed:
    """Order, duplicates and holes of one conversation.

    `position` is the last seq given out. It is None until `begin_at` when the client starts with the present: which
    seq that is, only the conversation list tells.
    """

    __slots__ = ("_asked_target", "_held", "_notices", "conversation", "position", "target")

    def __init__(self, conversation: UUID, position: int | None) -> None:
        self.conversation = conversation
        self.position = position
        self.target = position or 0
        self._asked_target = 0
        self._held: dict[int, EventView] = {}
        self._notices: list[HistoryGap | HistoryReset] = []

    def offer(self, event: EventView) -> None:
        """Note an event; one that was given out or is held already changes nothing."""
        self.target = max(self.target, event.seq)
        if event.seq <= (self.position or 0):
            return
        self._held.setdefault(event.seq, event)
        if len(self._held) > MAX_HELD_EVENTS:
            del self._held[max(self._held)]

    def learn(self, max_seq: int) -> None:
        """Note that the log goes on to `max_seq`."""
        self.target = max(self.target, max_seq)

    def begin_at(self, max_seq: int | None) -> None:
        """Start with what comes after `max_seq` and before nothing that was pushed meanwhile; once only."""
        if self.position is not None:
            return
        first_held = min(self._held, default=None)
        candidates = [seq for seq in (max_seq, None if first_held is None else first_held - 1) if seq is not None]
        self.position = min(candidates, default=0)
        self.target = max(self.target, self.position)

    def ask(self) -> int:
        """Return the `after` to `sync` from. Its answer, if there is one, goes to `page`."""
        self._asked_target = self.target
        return self.position or 0

    def page(self, answer: Events) -> None:
        """Take in the answer to the `sync` of the last `ask`."""
        if answer.start_over:
            self._start_over(answer.max_seq)
        position = self.position or 0
        if answer.gap_to > position:
            self._notices.append(HistoryGap(self.conversation, position + 1, answer.gap_to))
            self.position = answer.gap_to
            self._held = {seq: event for seq, event in self._held.items() if seq > answer.gap_to}
        for event in answer.events:
            self.offer(event)
        self.learn(answer.max_seq)
        if self.missing is not None and not answer.events and self.target == self._asked_target:
            # Nothing came, and nobody promised more since we asked: what was promised before does not exist.
            self.target = self.position or 0

    def take(self, room: int) -> list[LogItem]:
        """Give out at most `room` items that are next, in order."""
        items: list[LogItem] = list(self._notices[:room])
        del self._notices[:room]
        if self.position is None:
            return items
        while len(items) < room and (event := self._held.pop(self.position + 1, None)) is not None:
            self.position = event.seq
            items.append(event)
        return items

    @property
    def has_more(self) -> bool:
        """Whether `take` would give something out."""
        return bool(self._notices) or (self.position is not None and self.position + 1 in self._held)

    @property
    def missing(self) -> int | None:
        """The `after` of the `sync` this feed needs, or None when nothing is missing."""
        if self.position is None or self.has_more or self.position >= self.target:
            return None
        return self.position

    def _start_over(self, max_seq: int) -> None:
        self._notices = [HistoryReset(self.conversation)]
        self._held.clear()
        self.position = 0
        self.target = max_seq
