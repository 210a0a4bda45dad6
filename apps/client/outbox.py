"""Messages on their way to the server: in order per conversation, one of each in flight, kept until answered.

Pure: time comes in as `now`, seconds of any steady clock. A message leaves by `settle` (acked or refused for good) or
`withdraw`. Whatever happens to connections, it keeps its id, so the server stores it once.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from apps.client.backoff import pause_after
from apps.client.errors import OutboxFull

RETRY_BASE_S = 0.2
RETRY_CAP_S = 10.0


@dataclass(slots=True)
class Outgoing:
    """One message and how its sending goes. `sent_at` is set while it is in flight."""

    id: str
    conversation: UUID
    kind: str
    body: msgspec.Raw
    sends: int = 0
    refusals: int = 0
    not_before: float = 0.0
    sent_at: float | None = None


class Outbox:
    """At most `limit` messages wait here; at the bound `add` raises OutboxFull, so the caller slows down."""

    def __init__(self, *, limit: int, in_flight_limit: int, ack_timeout_s: float) -> None:
        self._limit = limit
        self._in_flight_limit = in_flight_limit
        self._ack_timeout_s = ack_timeout_s
        self._by_id: dict[str, Outgoing] = {}
        self._queues: dict[UUID, deque[Outgoing]] = {}
        self._in_flight: dict[str, Outgoing] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, message: Outgoing) -> None:
        """Queue a message behind those of its conversation. Raises OutboxFull, or ValueError for an id that waits."""
        if message.id in self._by_id:
            raise ValueError(f"message {message.id} is waiting for its ack already")
        if len(self._by_id) >= self._limit:
            raise OutboxFull(f"{self._limit} messages are waiting for their acks")
        self._by_id[message.id] = message
        self._queues.setdefault(message.conversation, deque()).append(message)

    def start(self, now: float) -> list[Outgoing]:
        """Mark those that may go now as in flight and return them: the first of each conversation."""
        started = []
        for message in self._heads():
            if len(self._in_flight) >= self._in_flight_limit:
                break
            if message.not_before <= now:
                message.sent_at = now
                message.sends += 1
                self._in_flight[message.id] = message
                started.append(message)
        return started

    def settle(self, message_id: str) -> Outgoing | None:
        """Remove and return a message that was answered for good; None when it is not (or no longer) here."""
        message = self._by_id.pop(message_id, None)
        if message is None:
            return None
        self._in_flight.pop(message_id, None)
        queue = self._queues[message.conversation]
        queue.remove(message)
        if not queue:
            del self._queues[message.conversation]
        return message

    def postpone(self, message_id: str, now: float, *, at_least_s: float, jitter: float) -> None:
        """The server asked to try again later: wait longer each time. Later messages of the conversation wait too."""
        message = self._in_flight.pop(message_id, None)
        if message is None:
            return
        pause_s = pause_after(message.refusals, base_s=RETRY_BASE_S, cap_s=RETRY_CAP_S, jitter=jitter)
        message.refusals += 1
        message.sent_at = None
        message.not_before = now + max(at_least_s, pause_s)

    def interrupt(self) -> None:
        """The connection is gone: what was in flight goes again over the next one."""
        for message in self._in_flight.values():
            message.sent_at = None
        self._in_flight.clear()

    def withdraw(self, message_id: str) -> bool:
        """Remove a message that was never sent. False when it was: then only the server can settle it."""
        message = self._by_id.get(message_id)
        if message is None or message.sends > 0:
            return False
        self.settle(message_id)
        return True

    def is_overdue(self, now: float) -> bool:
        """Whether an ack has been awaited for longer than the timeout: the connection is not to be trusted."""
        return any(now >= due_at for due_at in self._due_times())

    def wake_at(self) -> float | None:
        """When `start` or `is_overdue` may next change their answer by themselves."""
        moments = self._due_times()
        if len(self._in_flight) < self._in_flight_limit:
            moments += [message.not_before for message in self._heads()]
        return min(moments, default=None)

    def _heads(self) -> Iterator[Outgoing]:
        return (queue[0] for queue in self._queues.values() if queue[0].sent_at is None)

    def _due_times(self) -> list[float]:
        sent_times = (message.sent_at for message in self._in_flight.values())
        return [sent_at + self._ack_timeout_s for sent_at in sent_times if sent_at is not None]
