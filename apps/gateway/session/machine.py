"""The session machine: one WebSocket connection from its first frame to its last.

States: awaiting sign-in -> signed in -> closing. It waits for nothing, reads no clock and knows no socket: whoever
runs it carries out the effects in order and says when a call is done. Wrong input ends in an `error` frame; input that
goes on being wrong ends in a documented close code.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from apps.gateway.measures import FRAMES
from apps.gateway.session.answers import SHUT_OUT, changed, error, marks_of
from apps.gateway.session.conduct import Conduct
from apps.gateway.session.effects import Authenticate, Call, Close, Details, Effect, Identity, Request, SendText
from apps.gateway.session.limits import COSTS, Limits
from apps.gateway.session.unacked import Unacked
from apps.wire.codec import FrameRefused, decode_client_frame, encode
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import (
    ClientFrames,
    Closing,
    ConversationState,
    ErrorFrame,
    Heartbeat,
    HeartbeatFrame,
    ListConversations,
    Read,
    Received,
    Send,
    SignIn,
    Sync,
    Welcome,
)

RESEND_CHECK_MS: Final = 1_000


class Session:
    """One connection. Feed it; carry out what it returns, in order.

    Most sessions are idle: what only some of them need at some time is made when they do, and is None before.
    """

    __slots__ = (
        "_closing",
        "_conduct",
        "_expiry_noticed",
        "_held",
        "_in_flight",
        "_last_frame_ms",
        "_limits",
        "_missed",
        "_signing_in",
        "_unacked",
        "id",
        "identity",
        "next_due_ms",
        "opened_ms",
    )

    def __init__(self, session_id: str, *, now_ms: int, limits: Limits) -> None:
        self.id = session_id
        self.identity: Identity | None = None
        self._limits = limits
        self._closing = False
        self._signing_in = False
        self._expiry_noticed = False
        self._in_flight = 0
        self.opened_ms = self._last_frame_ms = now_ms
        self.next_due_ms = now_ms + limits.sign_in_ms
        """When `tick` is wanted; looking earlier does nothing."""
        self._unacked: Unacked | None = None
        self._held: list[tuple[UUID, int, str]] | None = None
        self._missed: dict[UUID, int] | None = None
        self._conduct = Conduct(limits, now_ms)

    @property
    def is_closing(self) -> bool:
        """True once a Close was asked for."""
        return self._closing

    # From the client --------------------------------------------------------------------------------------------------

    def handle_frame(self, data: str | bytes, now_ms: int) -> Sequence[Effect]:
        """Take one frame as it came."""
        if self._closing:
            return ()
        self._last_frame_ms = now_ms
        try:
            frame = decode_client_frame(data)
        except FrameRefused as refused:
            return self._strike(refused.code, refused.message, refused.ref, refused.message_id, now_ms)
        FRAMES[type(frame)].add()
        if not self._conduct.admits(COSTS.get(type(frame), 1), now_ms):
            return self._limit_rate(frame, now_ms)
        if isinstance(frame, SignIn):
            return self._sign_in(frame)
        if self.identity is None:
            message = "sign in first and wait for the welcome"
            return self._strike(ErrorCode.SIGN_IN_REQUIRED, message, *marks_of(frame), now_ms)
        return _HANDLERS[type(frame)](self, frame, self.identity, now_ms)

    def _heartbeat(self, _frame: Heartbeat, _identity: Identity, now_ms: int) -> Sequence[Effect]:
        return (SendText(encode(HeartbeatFrame(time=now_ms))),)

    def _sign_in(self, frame: SignIn) -> Sequence[Effect]:
        if self._signing_in:
            return self._refuse_busy(frame)
        if self.identity is not None and frame.terminal != self.identity.terminal:
            return (error(ErrorCode.ALREADY_SIGNED_IN, "this connection belongs to another terminal", ref=frame.ref),)
        self._signing_in = True
        return (Authenticate(frame),)

    def _request(self, frame: Request, identity: Identity, _now_ms: int) -> Sequence[Effect]:
        if self._in_flight >= self._limits.in_flight:
            return self._refuse_busy(frame)
        self._in_flight += 1
        return (Call(frame, identity),)

    def _received(self, frame: Received, identity: Identity, now_ms: int) -> Sequence[Effect]:
        if self._unacked is not None:
            self._unacked.acknowledge(frame.conversation, frame.seq, now_ms)
        return (Call(frame, identity),)

    def _read(self, frame: Read, identity: Identity, _now_ms: int) -> Sequence[Effect]:
        return (Call(frame, identity),)

    # Outcomes of calls ------------------------------------------------------------------------------------------------

    def signed_in(
        self,
        identity: Identity,
        *,
        ref: str,
        changes: list[ConversationState],
        start_over: bool,
        now_ms: int,
    ) -> Sequence[Effect]:
        """Take the outcome of a `sign_in` that was accepted, the first or one that renews the token."""
        self._signing_in = False
        if self._closing:
            return ()
        known = self.identity
        if known is not None and (known.tenant, known.user) != (identity.tenant, identity.user):
            return (error(ErrorCode.ALREADY_SIGNED_IN, "this connection belongs to another user", ref=ref),)
        self.identity = identity
        self._conduct.bind(identity.requests_per_minute, now_ms)
        self._expiry_noticed = False
        self.next_due_ms = now_ms
        welcome = Welcome(
            session=self.id,
            tenant=identity.tenant,
            user=identity.user,
            terminal=identity.terminal,
            time=now_ms,
            expires=identity.expires_ms,
            heartbeat_ms=self._limits.heartbeat_ms,
            changed=changes,
            start_over=start_over,
            ref=ref,
        )
        return (SendText(encode(welcome)), *self._release_held(now_ms))

    def sign_in_failed(self, refusal: ErrorFrame) -> Sequence[Effect]:
        """Take the refusal of a `sign_in`. Before the first welcome only a retryable one leaves the socket open."""
        self._signing_in = False
        if self._closing:
            return ()
        if self.identity is None:
            self._held = self._missed = None  # the next to sign in may be someone else, and is told anew what changed
        if (final := SHUT_OUT.get(refusal.code)) is not None:
            return (SendText(encode(refusal)), *self.close(final, refusal.code, details=refusal.details))
        if self.identity is None and not refusal.retry:
            return (SendText(encode(refusal)), *self.close(CloseCode.SIGN_IN, refusal.code))
        return (SendText(encode(refusal)),)

    def completed(self, answer: str) -> Sequence[Effect]:
        """Take the answer to a `send`, `sync` or `list_conversations`."""
        self._in_flight -= 1
        return () if self._closing else (SendText(answer),)

    # From other sessions and the clock --------------------------------------------------------------------------------

    def push(
        self,
        conversation: UUID | None,
        seq: int,
        frame: str,
        now_ms: int,
        *,
        congested: bool = False,
    ) -> Sequence[Effect]:
        """Take a frame for this terminal. One with a seq is an event, repeated until acknowledged.

        While the peer reads too slowly (`congested`) events are remembered by their highest seq only, and `drained`
        says so; frames without seq are left out, the next of their kind carries the same and more.
        """
        if self._closing:
            return ()
        if conversation is None or seq == 0:
            return () if congested or self.identity is None else (SendText(frame),)
        if self.identity is None:
            self._hold(conversation, seq, frame)
            return ()
        if congested:
            self._miss(conversation, seq)
            return ()
        unacked = self._unacked
        if unacked is None:
            unacked = self._unacked = Unacked()
        unacked.add(conversation, seq, frame, now_ms)
        self.next_due_ms = min(self.next_due_ms, now_ms + self._limits.resend_ms)
        if len(unacked) > self._limits.unacked:
            return (SendText(frame), self._give_up(unacked, unacked.longest()))
        return (SendText(frame),)

    def went_on(self, conversation: UUID, seq: int, *, congested: bool = False) -> Sequence[Effect]:
        """A push of this conversation may have been lost: tell how far it is, now or when the peer can take it."""
        if self._closing:
            return ()
        if congested or self.identity is None:
            self._miss(conversation, seq)
            return ()
        return (changed(conversation, seq),)

    def drained(self) -> Sequence[Effect]:
        """The peer has caught up: tell which conversations went on meanwhile."""
        missed, self._missed = self._missed, None
        if self._closing or missed is None:
            return ()
        return [changed(conversation, seq) for conversation, seq in missed.items()]

    def tick(self, now_ms: int, *, congested: bool = False) -> Sequence[Effect]:
        """Look at the clock: at `next_due_ms` or later."""
        if now_ms < self.next_due_ms or self._closing:
            return ()
        if self.identity is None:
            return self._tick_before_sign_in(now_ms)
        if now_ms >= self._last_frame_ms + self._limits.idle_ms:
            return self.close(CloseCode.IDLE, "idle")
        if now_ms >= self.identity.expires_ms:
            return self.close(CloseCode.SIGN_IN, ErrorCode.TOKEN_INVALID)
        effects: list[Effect] = []
        notice_ms = self.identity.expires_ms - self._limits.expiry_notice_ms
        if now_ms >= notice_ms and not self._expiry_noticed:
            self._expiry_noticed = True
            effects.append(SendText(encode(Closing(reason="token_expires"))))
        if self._unacked and not congested:
            self._resend(self._unacked, now_ms, effects)
        idle_ms = self._last_frame_ms + self._limits.idle_ms
        expiry_ms = self.identity.expires_ms if self._expiry_noticed else notice_ms
        self.next_due_ms = min(idle_ms, expiry_ms, self._resend_due_ms(now_ms, idle_ms))
        return effects

    def redirected(self, url: str) -> Sequence[Effect]:
        """Take the outcome of a first `sign_in` of a user whom another node serves at less cost."""
        return self.close(CloseCode.RESTART, "redirect", url=url)

    def close(
        self, code: CloseCode, reason: str, *, retry_after_ms: int = 0, url: str = "", details: Details | None = None
    ) -> Sequence[Effect]:
        """End the session with a `closing` frame and a close code; nothing the first time was asked already."""
        if self._closing:
            return ()
        self._closing = True
        self._unacked = self._held = self._missed = None
        closing = Closing(reason=reason, retry_after_ms=retry_after_ms, url=url, details=dict(details or {}))
        return (SendText(encode(closing)), Close(code, reason))

    # Inside -----------------------------------------------------------------------------------------------------------

    def _tick_before_sign_in(self, now_ms: int) -> Sequence[Effect]:
        """A sign-in being carried out has its own bound in the code that does it."""
        if self._signing_in or now_ms < self.opened_ms + self._limits.sign_in_ms:
            self.next_due_ms = now_ms + RESEND_CHECK_MS
            return ()
        return self.close(CloseCode.SIGN_IN, "sign_in_timeout")

    def _resend(self, unacked: Unacked, now_ms: int, effects: list[Effect]) -> None:
        for conversation, backlog in unacked.due(now_ms - self._limits.resend_ms):
            if backlog.resends >= self._limits.resends:
                effects.append(self._give_up(unacked, conversation))
                continue
            backlog.resends += 1
            backlog.sent_ms = now_ms
            effects.extend(SendText(frame) for _, frame in backlog.events)

    def _resend_due_ms(self, now_ms: int, idle_ms: int) -> int:
        """When something has to be sent again; what a congested peer did not take is looked at again soon."""
        if not self._unacked:
            self._unacked = None
            return idle_ms
        return max(self._unacked.oldest_ms() + self._limits.resend_ms, now_ms + RESEND_CHECK_MS)

    def _give_up(self, unacked: Unacked, conversation: UUID) -> Effect:
        return changed(conversation, unacked.drop(conversation))

    def _miss(self, conversation: UUID, seq: int) -> None:
        unsent = 0 if self._unacked is None else self._unacked.drop(conversation)
        if self._missed is None:
            self._missed = {}
        self._missed[conversation] = max(seq, unsent, self._missed.get(conversation, 0))

    def _hold(self, conversation: UUID, seq: int, frame: str) -> None:
        if self._held is None:
            self._held = []
        if len(self._held) < self._limits.held:
            self._held.append((conversation, seq, frame))
        else:
            self._miss(conversation, seq)

    def _release_held(self, now_ms: int) -> list[Effect]:
        held, self._held = self._held, None
        effects: list[Effect] = []
        for conversation, seq, frame in held or ():
            effects.extend(self.push(conversation, seq, frame, now_ms))
        effects.extend(self.drained())
        return effects

    def _limit_rate(self, frame: ClientFrames, now_ms: int) -> Sequence[Effect]:
        wait_ms = self._conduct.wait_ms(COSTS.get(type(frame), 1), now_ms)
        ref, message_id = marks_of(frame)
        message = "too many frames, slow down"
        refusal = error(ErrorCode.RATE_LIMITED, message, ref=ref, message_id=message_id, retry_after_ms=wait_ms)
        if self._conduct.may_be_refused(now_ms):
            return (refusal,)
        return (refusal, *self.close(CloseCode.FLOOD, "flood", retry_after_ms=self._limits.flood_retry_ms))

    def _refuse_busy(self, frame: ClientFrames) -> Sequence[Effect]:
        ref, message_id = marks_of(frame)
        message = "too many requests at once, wait for answers"
        retry_ms = self._limits.busy_retry_ms
        return (error(ErrorCode.BUSY, message, ref=ref, message_id=message_id, retry_after_ms=retry_ms),)

    def _strike(self, code: ErrorCode, message: str, ref: str, message_id: str, now_ms: int) -> Sequence[Effect]:
        refusal = error(code, message, ref=ref, message_id=message_id)
        if self._conduct.may_blunder(now_ms):
            return (refusal,)
        return (refusal, *self.close(CloseCode.PROTOCOL, "protocol"))


_HANDLERS: Final[dict[type, Callable[..., Sequence[Effect]]]] = {
    Heartbeat: Session._heartbeat,
    Send: Session._request,
    Received: Session._received,
    Read: Session._read,
    Sync: Session._request,
    ListConversations: Session._request,
}
