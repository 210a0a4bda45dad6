"""Pushed events that a terminal has not acknowledged, per conversation, with one resend timer each."""

from collections.abc import Iterator
from uuid import UUID


class Backlog:
    """The unacknowledged events of one conversation, in the order they were pushed."""

    __slots__ = ("events", "resends", "sent_ms")

    def __init__(self, now_ms: int) -> None:
        self.events: list[tuple[int, str]] = []
        self.sent_ms = now_ms
        self.resends = 0


class Unacked:
    """All backlogs of one session. Its size is bounded by the session, not here."""

    __slots__ = ("_backlogs", "_count")

    def __init__(self) -> None:
        self._backlogs: dict[UUID, Backlog] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, conversation: UUID, seq: int, frame: str, now_ms: int) -> None:
        """Remember a pushed event until it is acknowledged."""
        backlog = self._backlogs.get(conversation)
        if backlog is None:
            backlog = self._backlogs[conversation] = Backlog(now_ms)
        backlog.events.append((seq, frame))
        self._count += 1

    def acknowledge(self, conversation: UUID, seq: int, now_ms: int) -> None:
        """Forget the events up to `seq`; progress starts the conversation's timer and resends anew."""
        backlog = self._backlogs.get(conversation)
        if backlog is None:
            return
        events = backlog.events
        done = next((number for number, (pushed, _) in enumerate(events) if pushed > seq), len(events))
        self._count -= done
        if done == len(events):
            del self._backlogs[conversation]
        elif done:
            del events[:done]
            backlog.sent_ms, backlog.resends = now_ms, 0

    def drop(self, conversation: UUID) -> int:
        """Forget all events of a conversation and return the highest seq among them, 0 when there was none."""
        backlog = self._backlogs.pop(conversation, None)
        if backlog is None:
            return 0
        self._count -= len(backlog.events)
        return max(seq for seq, _ in backlog.events)

    def longest(self) -> UUID:
        """Return the conversation with most unacknowledged events; there must be one."""
        return max(self._backlogs, key=lambda conversation: len(self._backlogs[conversation].events))

    def oldest_ms(self) -> int:
        """Return when the conversation was last sent whose turn comes first; there must be one."""
        return min(backlog.sent_ms for backlog in self._backlogs.values())

    def due(self, sent_before_ms: int) -> Iterator[tuple[UUID, Backlog]]:
        """Yield the conversations whose events were last sent at or before this time; they may be dropped meanwhile."""
        for conversation, backlog in list(self._backlogs.items()):
            if backlog.sent_ms <= sent_before_ms:
                yield conversation, backlog
