"""What this node has asked the cluster and not heard of yet.

A proposal is tried again when the leader changes and when it has been silent for long. The state machine applies each
request number of an origin at most once and never one below another, so trying again is safe; a number that was shut
out by a later one is exchanged for a fresh one. Callers know a proposal by its ticket, which stays.
Not here: the log itself, and what commands mean.
"""

from dataclasses import dataclass

from apps.cluster.core.state import Command

TICKET_BITS = 32


@dataclass(slots=True)
class Pending:
    """One question. `command` is None for a read; `uncertain`: a snapshot may have hidden its outcome."""

    ticket: int
    command: Command | None
    request: int
    deadline_ms: int
    retry_ms: int
    index: int | None = None
    uncertain: bool = False


class Proposals:
    """Bounded: `full` says when no more may be opened."""

    def __init__(self, boot: int, timeout_ms: int, retry_ms: int, limit: int) -> None:
        self._last = boot << TICKET_BITS
        self._timeout_ms = timeout_ms
        self._retry_ms = retry_ms
        self._limit = limit
        self._pending: dict[int, Pending] = {}
        self._reads: dict[int, Pending] = {}
        self._by_request: dict[int, Pending] = {}
        self._wake_ms = 0

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def full(self) -> bool:
        """Whether the next one has to be refused."""
        return len(self._pending) >= self._limit

    @property
    def next_deadline_ms(self) -> int | None:
        """When something may have to be tried again or given up; None: nothing waits."""
        return self._wake_ms if self._pending else None

    def open(self, command: Command | None, now_ms: int) -> Pending:
        """Begin to wait for a command's outcome, or for a read."""
        assert not self.full
        number = self.next_request()
        pending = Pending(number, command, number, now_ms + self._timeout_ms, now_ms + self._retry_ms)
        self._wake_ms = min(self._wake_ms, pending.retry_ms) if self._pending else pending.retry_ms
        self._pending[number] = self._by_request[number] = pending
        if command is None:
            self._reads[number] = pending
        return pending

    def of_request(self, request: int) -> Pending | None:
        """Return what waits for the outcome of a request."""
        return self._by_request.get(request)

    def close(self, pending: Pending) -> None:
        """Stop waiting."""
        del self._pending[pending.ticket]
        del self._by_request[pending.request]
        self._reads.pop(pending.ticket, None)

    def renew(self, pending: Pending) -> None:
        """Exchange the number of a request that certainly was not and never will be applied."""
        del self._by_request[pending.request]
        pending.request = self.next_request()
        self._by_request[pending.request] = pending

    def mark_uncertain(self) -> None:
        """A snapshot was installed: what it holds may contain any of the waiting requests."""
        for pending in self._pending.values():
            pending.uncertain = pending.command is not None

    def expired(self, now_ms: int) -> list[Pending]:
        """Return those that waited too long, in order, and stop waiting for them."""
        late = [p for p in self._pending.values() if p.deadline_ms <= now_ms]
        for pending in late:
            self.close(pending)
        return late

    def due(self, now_ms: int, *, everything: bool) -> list[Pending]:
        """Return those to be tried (again) now, lower request numbers first, since a later one shuts out an earlier."""
        due = [p for p in self._pending.values() if everything or p.retry_ms <= now_ms]
        for pending in due:
            pending.retry_ms = now_ms + self._retry_ms
        self._wake_ms = min((min(p.retry_ms, p.deadline_ms) for p in self._pending.values()), default=0)
        return sorted(due, key=lambda pending: pending.request)

    def read_at(self, ticket: int, index: int) -> None:
        """A read may be answered once this index was applied."""
        pending = self._reads.get(ticket)
        if pending is not None:
            pending.index = index

    def answerable(self, applied: int) -> list[Pending]:
        """Return the reads whose index was applied, and stop waiting for them."""
        ready = [p for p in self._reads.values() if p.index is not None and p.index <= applied]
        for pending in ready:
            self.close(pending)
        return ready

    def next_request(self) -> int:
        """Return a number that no request of this node has had."""
        self._last += 1
        return self._last
