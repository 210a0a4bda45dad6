"""One other node, as the router sees it: its link, what waits for it, and what may have been lost on the way."""

from collections import deque

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.announcing import Announcements
from apps.cluster.core.routing.config import RoutingConfig
from apps.cluster.core.routing.frames import BatchRefused, Heard
from apps.cluster.core.routing.interest import Interest
from apps.cluster.core.routing.outbox import Outbox


class Unacked:
    """Since when messages for owners have been sent without being acknowledged."""

    __slots__ = ("_limit", "_marks", "_waiting_ms")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._marks: deque[tuple[int, int]] = deque()
        self._waiting_ms: int | None = None

    def note(self, since_ms: int) -> None:
        """A message was put into the outbox."""
        if self._waiting_ms is None or since_ms < self._waiting_ms:
            self._waiting_ms = since_ms

    def sent(self, number: int, *, emptied: bool) -> None:
        """A batch was handed to the link; `emptied` when nothing waits in the outbox any more."""
        if self._waiting_ms is None:
            return
        since_ms = self._waiting_ms
        if len(self._marks) >= self._limit:
            since_ms = min(since_ms, self._marks.pop()[1])
        self._marks.append((number, since_ms))
        if emptied:
            self._waiting_ms = None

    def acked(self, number: int) -> None:
        """The peer has got this batch and all before it."""
        while self._marks and self._marks[0][0] <= number:
            self._marks.popleft()

    def since_ms(self) -> int | None:
        """Return the earliest time from which something may be lost, None when everything has arrived."""
        times = [since_ms for _, since_ms in self._marks]
        if self._waiting_ms is not None:
            times.append(self._waiting_ms)
        return min(times, default=None)


class Peer:
    """Another node. Its link is up or down; every time it comes up is a new beginning for both ends."""

    def __init__(self, node: NodeId, config: RoutingConfig, safe_ms: int) -> None:
        self.node = node
        self.member = False
        self.up = False
        self.safe_ms = safe_ms
        """What this peer sent before it (own clock) has arrived, or was covered by a notice."""
        self.next_gap_ms = safe_ms + config.gap_repeat_ms
        self.gap_delay_ms = config.gap_repeat_ms
        self._config = config
        self._begin(safe_ms)

    def _begin(self, now_ms: int) -> None:
        config = self._config
        self.interest = Interest()
        self.announcements = Announcements()
        self.outbox = Outbox(config.batch_bytes, config.peer_bytes)
        self.routes = Unacked(config.unacked_marks)
        self.fresh = True
        """Nothing has come over this link yet, so the other end may not be sending over it yet."""
        self.heard_ms = now_ms
        self._sent_batches = 0
        self._received_batches = 0
        self._unreported = False
        self._reported_ms = now_ms - config.keepalive_ms
        self._echo_ms = 0

    def link_up(self, now_ms: int) -> None:
        """Begin with a fresh link."""
        self._begin(now_ms)
        self.up = True

    def link_down(self, now_ms: int) -> int | None:
        """Forget the link; return since when messages for owners may have been lost with it."""
        routes_ms = self.routes.since_ms()
        self._begin(now_ms)
        self.up = False
        self.gap_delay_ms = self._config.gap_repeat_ms
        return routes_ms

    def told(self, now_ms: int) -> None:
        """A notice covers what it sent up to now; while the link stays down the next one follows later and later."""
        self.safe_ms = now_ms
        self.next_gap_ms = now_ms + self.gap_delay_ms
        self.gap_delay_ms = min(2 * self.gap_delay_ms, self._config.gap_repeat_max_ms)

    def received(self, now_ms: int, *, news: bool) -> None:
        """Count a batch. `news`: it held more than an acknowledgement, or these would go back and forth for ever."""
        self.fresh = False
        self._received_batches += 1
        self._unreported = self._unreported or news
        self.heard_ms = now_ms

    def heard(self, frame: Heard, now_ms: int) -> None:
        """Take in an acknowledgement. Raises BatchRefused for one of what was never sent."""
        if frame.batches > self._sent_batches or frame.echo_ms > now_ms:
            raise BatchRefused("an acknowledgement of what was not sent")
        self.routes.acked(frame.batches)
        self.safe_ms = max(self.safe_ms, frame.echo_ms)
        self._echo_ms = frame.sent_ms

    def report(self, now_ms: int) -> Heard | None:
        """Return the acknowledgement or keep-alive that is due, if one is."""
        due_ms = self._config.ack_ms if self._unreported else self._config.keepalive_ms
        if now_ms - self._reported_ms < due_ms:
            return None
        self._unreported = False
        self._reported_ms = now_ms
        return Heard(self._received_batches, now_ms, self._echo_ms)

    def take_batch(self) -> bytes | None:
        """Return the next batch for the link."""
        batch = self.outbox.take()
        if batch is not None:
            self._sent_batches += 1
            self.routes.sent(self._sent_batches, emptied=not self.outbox)
        return batch
