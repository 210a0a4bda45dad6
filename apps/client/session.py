"""What the client knows and owes, across connections: frames and ticks go in, effects come out.

Pure: no sockets, tasks or clock; `now` is seconds of any steady clock. The driver (`client.py`) opens connections,
signs in, transmits what `tick` returns and hands every frame to `handle`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from apps.client.errors import RequestRefused, SendRefused
from apps.client.inbox import Inbox
from apps.client.outbox import Outbox, Outgoing
from apps.wire.errors import RETRYABLE, CloseCode
from apps.wire.frames import (
    MAX_LISTED_CONVERSATIONS,
    Ack,
    Changed,
    ClientFrames,
    Closing,
    Conversations,
    CursorFrame,
    ErrorFrame,
    EventFrame,
    Events,
    EventView,
    Heartbeat,
    HeartbeatFrame,
    ListConversations,
    Read,
    Send,
    ServerFrames,
    Sync,
    Welcome,
)

RENEWAL_REF: Final = "renewal"
_LISTING_REF: Final = "listing"
RENEWAL_LEAD_S: Final = 120.0
RENEWAL_RETRY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send this frame."""

    frame: ClientFrames


@dataclass(frozen=True, slots=True)
class Settled:
    """A message was answered for good."""

    message: Outgoing
    outcome: Ack | SendRefused


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of `ask` was answered."""

    ref: str
    answer: Events | Conversations | RequestRefused


@dataclass(frozen=True, slots=True)
class Renew:
    """The token is about to expire: sign in again on this connection, with RENEWAL_REF."""


@dataclass(frozen=True, slots=True)
class Broken:
    """This connection is of no use any more."""

    code: int
    reason: str


Effect: TypeAlias = Transmit | Settled | Answered | Renew | Broken


class Session:
    """One user at one terminal. Survives its connections; `interrupt` tells it that one ended."""

    def __init__(self, *, inbox: Inbox, outbox: Outbox, answer_timeout_s: float, jitter: Callable[[], float]) -> None:
        self.inbox = inbox
        self.outbox = outbox
        self.welcome: Welcome | None = None
        self.retry_after_s = 0.0
        self._answer_timeout_s = answer_timeout_s
        self._jitter = jitter
        self._since_ms: int | None = None
        self._listing = False
        self._server_time_ms = 0
        self._heartbeat_s = 30.0
        self._heard_at = 0.0
        self._beat_at = 0.0
        self._renew_at: float | None = None
        self._questions: deque[Sync | ListConversations] = deque()
        self._answer_due: dict[str, float] = {}
        self._reads: dict[UUID, int] = {}
        self._reads_sent: dict[UUID, int] = {}

    @property
    def since_ms(self) -> int | None:
        """The `since` of the next sign-in; None until the conversation list was seen whole.

        Only welcomes and heartbeats move it: an event's time says nothing of events elsewhere that are still on their
        way.
        """
        return self._since_ms

    def begin(self, welcome: Welcome, now: float) -> None:
        """A new connection is signed in."""
        self.welcome = welcome
        self.retry_after_s = 0.0
        self._heartbeat_s = welcome.heartbeat_ms / 1000
        self._heard_at = self._beat_at = now
        self._server_time_ms = welcome.time
        self._schedule_renewal(welcome, now)
        for state in welcome.changed:
            self.inbox.learn(state.conversation, state.max_seq, now)
        self._listing = welcome.start_over or self._since_ms is None
        if self._listing:
            self._question(ListConversations(MAX_LISTED_CONVERSATIONS, "", _LISTING_REF), now)
        else:
            self._since_ms = welcome.time

    def interrupt(self, now: float) -> None:
        """The connection ended. Messages stay; questions are forgotten, their askers ask again."""
        self.outbox.interrupt()
        self.inbox.interrupt(now)
        self._questions.clear()
        self._answer_due.clear()
        self._renew_at = None
        self._reads = {**self._reads_sent, **self._reads}
        self._reads_sent.clear()

    def ask(self, question: Sync | ListConversations, now: float) -> None:
        """Send a question of the program's; its `ref` comes back in `Answered`."""
        self._question(question, now)

    def mark_read(self, conversation: UUID, seq: int) -> None:
        """Note how far the person has read; said to the server now and, as nobody confirms it, after a reconnect."""
        self._reads[conversation] = max(seq, self._reads.get(conversation, 0), self._reads_sent.get(conversation, 0))

    def renewal_failed(self, now: float) -> None:
        """No fresh token could be had: try again in a moment."""
        self._renew_at = now + RENEWAL_RETRY_S

    def handle(self, frame: ServerFrames, now: float) -> list[Effect]:
        """Take in one frame of the server."""
        self._heard_at = now
        match frame:
            case Ack():
                return self._acked(frame, now)
            case ErrorFrame():
                return self._refused(frame, now)
            case Events() | Conversations():
                return self._answered(frame, now)
            case Welcome():
                self._schedule_renewal(frame, now)
            case Closing():
                self.retry_after_s = frame.retry_after_ms / 1000
            case HeartbeatFrame():
                self._note_time(frame.time)
            case EventFrame():
                self.inbox.offer(_view(frame), now)
            case CursorFrame():
                self.inbox.note(frame)
            case Changed():
                self.inbox.learn(frame.conversation, frame.max_seq, now)
        return []

    def tick(self, now: float) -> list[Effect]:
        """Return what is due: frames to send, a token to renew, or that the connection is broken."""
        broken = self._broken(now)
        if broken is not None:
            return [broken]
        frames: list[ClientFrames] = list(self._questions)
        self._questions.clear()
        for question in self.inbox.due_syncs(now):
            self._answer_due[question.ref] = now + self._answer_timeout_s
            frames.append(question)
        frames += (Send(each.id, each.conversation, each.kind, each.body) for each in self.outbox.start(now))
        frames += self.inbox.due_received(now)
        frames += (Read(conversation, seq) for conversation, seq in self._reads.items())
        self._reads_sent |= self._reads
        self._reads.clear()
        if now >= self._next_beat_at:
            self._beat_at = now
            frames.append(Heartbeat())
        effects: list[Effect] = [Transmit(frame) for frame in frames]
        if self._renew_at is not None and now >= self._renew_at:
            self._renew_at = None
            effects.append(Renew())
        return effects

    def wake_at(self) -> float:
        """When `tick` may next have something by itself."""
        moments = [self._next_beat_at, self._heard_at + self._silence_s, self._renew_at]
        moments += [self.outbox.wake_at(), self.inbox.wake_at(), *self._answer_due.values()]
        return min(moment for moment in moments if moment is not None)

    @property
    def _next_beat_at(self) -> float:
        return self._beat_at + 0.8 * self._heartbeat_s

    @property
    def _silence_s(self) -> float:
        """Every heartbeat is answered, so after two intervals without a frame nobody is there."""
        return 2 * self._heartbeat_s

    def _broken(self, now: float) -> Broken | None:
        if self.outbox.is_overdue(now):
            return Broken(CloseCode.GOING_AWAY, "no ack in time")
        if any(due_at <= now for due_at in self._answer_due.values()):
            return Broken(CloseCode.GOING_AWAY, "no answer in time")
        if now >= self._heard_at + self._silence_s:
            return Broken(CloseCode.GOING_AWAY, "the server went silent")
        return None

    def _question(self, question: Sync | ListConversations, now: float) -> None:
        self._questions.append(question)
        self._answer_due[question.ref] = now + self._answer_timeout_s

    def _acked(self, ack: Ack, now: float) -> list[Effect]:
        message = self.outbox.settle(ack.id)
        if message is None or self.welcome is None:
            return []
        own = EventView(ack.conversation, ack.seq, ack.id, message.kind, self.welcome.user, ack.time, message.body)
        self.inbox.offer(own, now)
        return [Settled(message, ack)]

    def _refused(self, error: ErrorFrame, now: float) -> list[Effect]:
        retry = error.retry or error.code in RETRYABLE
        retry_after_s = error.retry_after_ms / 1000
        if error.id and retry:
            self.outbox.postpone(error.id, now, at_least_s=retry_after_s, jitter=self._jitter())
        elif error.id:
            message = self.outbox.settle(error.id)
            refusal = SendRefused(error.code, error.message, message_id=error.id)
            return [] if message is None else [Settled(message, refusal)]
        elif error.ref == RENEWAL_REF:
            return [Broken(CloseCode.SIGN_IN, error.message)]
        elif self._answer_due.pop(error.ref, None) is not None:
            return self._question_refused(error, now, retry=retry, retry_after_s=retry_after_s)
        return []

    def _question_refused(self, error: ErrorFrame, now: float, *, retry: bool, retry_after_s: float) -> list[Effect]:
        if error.ref == _LISTING_REF:
            # Without the list nothing can be resumed. A new connection, after a pause, starts it again.
            self.retry_after_s = retry_after_s
            return [Broken(CloseCode.GOING_AWAY, f"conversation list: {error.message}")]
        if self.inbox.asked(error.ref):
            self.inbox.sync_failed(error.ref, now, retry_after_s=max(0.2, retry_after_s) if retry else None)
            return []
        refusal = RequestRefused(error.code, error.message, retry=retry, retry_after_s=retry_after_s)
        return [Answered(error.ref, refusal)]

    def _answered(self, answer: Events | Conversations, now: float) -> list[Effect]:
        if self._answer_due.pop(answer.ref, None) is None:
            return []
        if isinstance(answer, Events) and self.inbox.asked(answer.ref):
            self.inbox.page(answer, now)
            return []
        if isinstance(answer, Conversations) and answer.ref == _LISTING_REF:
            self._list_page(answer, now)
            return []
        return [Answered(answer.ref, answer)]

    def _list_page(self, page: Conversations, now: float) -> None:
        self.inbox.list_page((view.state for view in page.items), now)
        if page.next:
            self._question(ListConversations(MAX_LISTED_CONVERSATIONS, page.next, _LISTING_REF), now)
            return
        self.inbox.list_done(now)
        self._listing = False
        # What changed while the pages came was pushed; what came before is in them.
        self._since_ms = self.welcome.time if self.welcome is not None else self._server_time_ms

    def _note_time(self, time_ms: int) -> None:
        self._server_time_ms = time_ms
        if not self._listing:
            self._since_ms = time_ms

    def _schedule_renewal(self, welcome: Welcome, now: float) -> None:
        lifetime_s = (welcome.expires - welcome.time) / 1000
        self._renew_at = now + lifetime_s - min(RENEWAL_LEAD_S, lifetime_s / 5) if lifetime_s > 0 else None


def _view(frame: EventFrame) -> EventView:
    return EventView(frame.conversation, frame.seq, frame.id, frame.kind, frame.sender, frame.time, frame.body)
