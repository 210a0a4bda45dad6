"""What waits to be written to one peer: encoded frames, joined to batches as they come."""

from collections import deque

HEADER = b"\xdd\x00\x00\x00\x00"
"""A msgpack array of up to 2^32 - 1 elements; the number is filled in when the batch is closed."""


class Outbox:
    """Batches for one peer, oldest first. A batch is closed from `batch_bytes` on; `limit_bytes` bounds them all."""

    __slots__ = ("_batch_bytes", "_closed", "_count", "_limit_bytes", "_open", "waiting_bytes")

    def __init__(self, batch_bytes: int, limit_bytes: int) -> None:
        self._batch_bytes = batch_bytes
        self._limit_bytes = limit_bytes
        self._closed: deque[bytes] = deque()
        self._open = bytearray(HEADER)
        self._count = 0
        self.waiting_bytes = 0

    def __bool__(self) -> bool:
        return self.waiting_bytes > 0

    def has_room(self, size_bytes: int) -> bool:
        """Whether so much more may wait; something may always wait alone."""
        waiting = self.waiting_bytes
        return waiting == 0 or waiting + size_bytes <= self._limit_bytes

    def append(self, encoded: bytes) -> None:
        """Add one frame, whatever waits already."""
        size = len(encoded)
        if self._count and len(self._open) + size > self._batch_bytes:
            self._close()
        self._open += encoded
        self._count += 1
        self.waiting_bytes += size

    def take(self) -> bytes | None:
        """Return the next batch, None when nothing waits."""
        if not self._closed:
            if not self._count:
                return None
            self._close()
        batch = self._closed.popleft()
        self.waiting_bytes -= len(batch) - len(HEADER)
        return batch

    def _close(self) -> None:
        self._open[1:5] = self._count.to_bytes(4, "big")
        self._closed.append(bytes(self._open))
        self._open = bytearray(HEADER)
        self._count = 0
