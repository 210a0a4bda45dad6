"""Who writes what and when: messages at a fixed rate, or each as soon as the one before it is acknowledged.

Each speaker has one message per conversation on its way, which keeps their order also when something must be repeated
(docs/wire.md). A message counts from when it was due: if the server falls behind, those that wait in line are late.
"""

import asyncio
import random
import secrets
import time
from collections import deque
from typing import Final

from apps.loadtest.incoming import Ack, Error, stamp
from apps.loadtest.ledger import View
from apps.loadtest.plan import StreamShare, WorkerPlan
from apps.loadtest.session import OPEN, Session
from apps.loadtest.stats import Stats
from apps.wire.ids import MESSAGE_ID_RANDOM_BYTES, TerminalId, UserId, make_message_id

MAX_BACKLOG: Final = 1000
"""Messages of one speaker that are due but wait for the one before; beyond, they are `skipped` and never sent."""

ACK_TIMEOUT_NS: Final = 20 * 1_000_000_000
"""Without an ack for so long the connection is taken for dead: it is broken, and the message sent again."""

MIN_PAUSE_S: Final = 0.002
"""Messages due within this time are sent together: a timer for each would cost more than the message."""

OVERDUE_EVERY_S: Final = 1.0
RETRY_S: Final = 0.25


class Speaker:
    """One member writing in one conversation."""

    __slots__ = ("backlog", "due_ns", "last_seq", "message_id", "payload", "sent_ns", "session", "stream", "view")

    def __init__(self, session: Session, view: View, stream: "Stream") -> None:
        self.session = session
        self.view = view
        self.stream = stream
        self.message_id = ""
        self.payload = b""
        self.due_ns = 0
        self.sent_ns = 0
        self.last_seq = 0
        self.backlog: deque[int] | None = None


class Stream:
    """One process's part of one line of traffic."""

    def __init__(self, share: StreamShare) -> None:
        self.rate_per_s = share.rate_per_s
        self.text_bytes = share.text_bytes
        self.saturated = share.rate_per_s == 0
        self.speakers: list[Speaker] = []
        self.next_ns = 0
        self.turn = 0


class Speaking:
    """All speakers of one process."""

    def __init__(self, plan: WorkerPlan, stats: Stats) -> None:
        self.streams = [Stream(share) for share in plan.streams]
        self.outstanding: dict[str, Speaker] = {}
        self._plan = plan
        self._stats = stats
        self._of_session: dict[Session, list[Speaker]] = {}
        self._load = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._overdue_timer: asyncio.TimerHandle | None = None

    def add(self, session: Session, view: View, stream: Stream) -> None:
        """Make a member write in one of her conversations."""
        speaker = Speaker(session, view, stream)
        stream.speakers.append(speaker)
        self._of_session.setdefault(session, []).append(speaker)

    def set_load(self, load: float) -> None:
        """Write at `load` times the planned rates from now on; 0 stops."""
        self._load = load
        now_ns = time.monotonic_ns()
        for stream in self.streams:
            # Processes and streams begin at random moments within their first pause, or all would speak at once.
            stream.next_ns = now_ns + int(random.random() * self._pause_ns(stream))  # noqa: S311 - jitter
            if not load:
                self._forget_backlog(stream)
            elif stream.saturated:
                for speaker in stream.speakers:
                    self._speak(speaker, now_ns)
        self._arm()
        if self._overdue_timer is None:
            self._watch_overdue()

    def acked(self, frame: Ack, now_ns: int) -> None:
        """A message is committed; the next one of its speaker may go."""
        speaker = self.outstanding.pop(frame.id, None)
        if speaker is None:
            self._stats.count("repeated_acks")
            return
        self._stats.count("acked")
        self._stats.ack.record((now_ns - speaker.due_ns) // 1000)
        speaker.view.room.acked += 1
        if frame.seq <= speaker.last_seq:
            self._stats.count("reordered")
        speaker.last_seq = frame.seq
        self._go_on(speaker, now_ns)

    def refused(self, frame: Error) -> None:
        """A message was refused: for good, or until later."""
        speaker = self.outstanding.get(frame.id)
        if speaker is None:
            return
        if frame.retry:
            pause_s = max(RETRY_S, frame.retry_after_ms / 1000)
            asyncio.get_running_loop().call_later(pause_s, self._repeat, speaker, frame.id)
            return
        del self.outstanding[frame.id]
        self._stats.count("refused")
        self._go_on(speaker, time.monotonic_ns())

    def signed_in(self, session: Session) -> None:
        """A session is back: send again what may not have arrived."""
        for speaker in self._of_session.get(session, ()):
            if speaker.message_id:
                self._transmit(speaker)

    def close(self) -> None:
        """Write nothing any more."""
        for timer in (self._timer, self._overdue_timer):
            if timer is not None:
                timer.cancel()

    def _pause_ns(self, stream: Stream) -> float:
        rate = stream.rate_per_s * self._load
        return 1e9 / rate if rate and stream.speakers else 0.0

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dues = [stream.next_ns for stream in self.streams if self._pause_ns(stream)]
        if dues:
            wait_s = max(MIN_PAUSE_S, (min(dues) - time.monotonic_ns()) / 1e9)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._pace)

    def _pace(self) -> None:
        self._timer = None
        now_ns = time.monotonic_ns()
        for stream in self.streams:
            pause_ns = self._pause_ns(stream)
            while pause_ns and stream.next_ns <= now_ns:
                speaker = stream.speakers[stream.turn % len(stream.speakers)]
                stream.turn += 1
                self._speak(speaker, stream.next_ns)
                stream.next_ns += max(1, int(pause_ns))
        self._arm()

    def _speak(self, speaker: Speaker, due_ns: int) -> None:
        if not speaker.message_id:
            self._write(speaker, due_ns)
            return
        if speaker.stream.saturated:
            return
        if speaker.backlog is None:
            speaker.backlog = deque()
        if len(speaker.backlog) < MAX_BACKLOG:
            speaker.backlog.append(due_ns)
        else:
            self._stats.count("skipped")

    def _write(self, speaker: Speaker, due_ns: int) -> None:
        user = self._plan.users[speaker.session.index]
        message_id = make_message_id(
            UserId(user.id),
            TerminalId(user.terminal),
            time_ms=time.time_ns() // 1_000_000,
            random=secrets.token_bytes(MESSAGE_ID_RANDOM_BYTES),
        ).to_text()
        text = stamp(due_ns, self._plan.run, speaker.stream.text_bytes)
        speaker.message_id, speaker.due_ns = message_id, due_ns
        speaker.payload = (
            f'{{"op":"send","id":"{message_id}","conversation":"{speaker.view.room.text}",'
            f'"kind":"text","body":{{"text":"{text}"}}}}'
        ).encode()
        self.outstanding[message_id] = speaker
        self._stats.count("sent")
        self._transmit(speaker)

    def _transmit(self, speaker: Speaker) -> None:
        speaker.sent_ns = time.monotonic_ns()
        if speaker.session.phase == OPEN:
            speaker.session.send(speaker.payload)

    def _repeat(self, speaker: Speaker, message_id: str) -> None:
        if speaker.message_id == message_id and message_id in self.outstanding:
            self._transmit(speaker)

    def _go_on(self, speaker: Speaker, now_ns: int) -> None:
        speaker.message_id = ""
        if speaker.backlog:
            self._write(speaker, speaker.backlog.popleft())
        elif speaker.stream.saturated and self._load:
            self._write(speaker, now_ns)

    def _forget_backlog(self, stream: Stream) -> None:
        for speaker in stream.speakers:
            if speaker.backlog:
                self._stats.count("skipped", len(speaker.backlog))
                speaker.backlog = None

    def _watch_overdue(self) -> None:
        self._overdue_timer = asyncio.get_running_loop().call_later(OVERDUE_EVERY_S, self._watch_overdue)
        limit_ns = time.monotonic_ns() - ACK_TIMEOUT_NS
        late = [s for s in self.outstanding.values() if s.sent_ns < limit_ns and s.session.phase == OPEN]
        for speaker in late:
            self._stats.count("ack_timeouts")
            speaker.session.abort("ack_timeout")
