"""One connection: carries out what its session machine decides, between the socket, the registry and the services."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from apps.accounts.services import is_ticket
from apps.common.clock import now_ms
from apps.events.publish import Why, user_group
from apps.gateway.measures import CLOSES
from apps.gateway.outbox import Bounds, Outbox
from apps.gateway.quotas import Allowances, Quotas
from apps.gateway.registry import Registry
from apps.gateway.session import (
    Authenticate,
    Call,
    Close,
    Effect,
    Identity,
    Limits,
    Note,
    Question,
    Request,
    SendText,
    Session,
    too_many_messages,
)
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import ConversationState, ErrorFrame, Read, Received, Send, SignIn

CLOSE_GRACE_MS: Final = 5_000
"""A peer that does not answer our close in this time is cut off."""

STUCK_CHECK_MS: Final = 5_000
"""How often to look whether a peer takes what waits for it."""

RESTART_SPREAD_MS: Final = 3_000
SLOW_READER_RETRY_MS: Final = 1_000


class Services(Protocol):
    """What a connection asks of the domain; `dispatch` has the real ones."""

    async def sign_in(self, frame: SignIn, address: str = "") -> tuple[Identity, str]:
        """Check the token, register the terminal; return who it is and her language. Raises ImError."""

    async def confirm(self, frame: SignIn) -> None:
        """Check once more, when she hears of being shut out; who was shut out meanwhile is refused. Raises ImError."""

    async def changed_since(self, identity: Identity, since: int | None) -> tuple[list[ConversationState], bool]:
        """Return what changed since then, and whether that is too much to list."""

    def note(self, identity: Identity, frame: Note) -> None:
        """Take note of a cursor."""

    def send(
        self, frame: Send, *, identity: Identity, session_id: str, language: str, done: Callable[[str], None]
    ) -> None:
        """Begin to send a message; `done` is called once, with the text of its answer, an `error` frame at worst."""

    async def answer(self, frame: Question, *, identity: Identity, language: str) -> str:
        """Look something up and return the text of the answer, an `error` frame at worst."""

    def refusal(self, error: Exception, frame: SignIn, *, language: str) -> ErrorFrame:
        """Return the `error` frame that tells of an error."""

    async def close(self) -> None:
        """End what is behind the services, with the node."""


def _nowhere_else(_group: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Node:
    """What all connections of a node share."""

    registry: Registry
    services: Services
    limits: Limits
    bounds: Bounds
    quotas: Quotas
    home_of: Callable[[str], str] = _nowhere_else
    """Where sessions of a group are served at less cost: the address of another node, or nothing."""
    allowances: Allowances = field(default_factory=Allowances)
    """What tenants may send."""


class Connection:
    """One peer. Frames go in by `received`, in order; everything that comes out goes through its outbox.

    It is what a detached socket reports to: `received`, `writable` and `closed` are called by the server.
    """

    __slots__ = (
        "_address",
        "_closing_since_ms",
        "_gone",
        "_node",
        "_outbox",
        "_reading",
        "_tenant",
        "_terminal",
        "_user",
        "language",
        "session",
        "slot",
    )

    def __init__(self, node: Node, outbox: Outbox, *, language: str, address: str = "") -> None:
        self._node = node
        self._address = address
        self._gone = False
        self._tenant: UUID | None = None
        self._user: UUID | None = None
        self._terminal: UUID | None = None
        self._closing_since_ms = 0
        self._reading: asyncio.Lock | None = None
        self._outbox = outbox
        self.language = language
        self.session = Session(node.registry.next_session_id(), now_ms=now_ms(), limits=node.limits)
        self.slot = 0

    def open(self) -> None:
        """Begin, now that the outbox reaches the peer; one that is gone by now has no beginning."""
        if not self._gone:
            self._node.registry.add(self)

    @property
    def session_id(self) -> str:
        """Name of the session."""
        return self.session.id

    @property
    def terminal(self) -> UUID | None:
        """The terminal that signs in or did, from the moment on that its user's sessions may be revoked."""
        return self._terminal

    @property
    def owner(self) -> tuple[UUID, UUID] | None:
        """Tenant and user, from the moment on that they are told here what concerns them."""
        return None if self._tenant is None or self._user is None else (self._tenant, self._user)

    @property
    def opened_ms(self) -> int:
        """When it began, unix time."""
        return self.session.opened_ms

    @property
    def next_due_ms(self) -> int:
        """When the clock matters next: to the session, to a peer that does not close, or to one that takes nothing."""
        if self._closing_since_ms:
            return self._closing_since_ms + CLOSE_GRACE_MS
        due_ms = self.session.next_due_ms
        return min(due_ms, now_ms() + STUCK_CHECK_MS) if self._outbox.is_waiting else due_ms

    def received(self, data: str | bytes) -> None:
        """Take a frame of the peer."""
        self._run(self.session.handle_frame(data, now_ms()))

    def writable(self) -> None:
        """Write what waits: the peer has taken something."""
        if self._outbox.pour():
            self.drained()

    def drained(self) -> None:
        """The peer has caught up."""
        self._run(self.session.drained())

    def closed(self, code: int) -> None:
        """The socket is closed, whoever did it. The same as `gone`, which nobody has to await then."""
        self._depart()
        self._node.registry.spawn(self._let_go())

    def push(self, conversation: UUID | None, seq: int, frame: str, time_ms: int) -> None:
        """Hand over a frame for the terminal."""
        session = self.session
        due_ms = session.next_due_ms
        self._run(session.push(conversation, seq, frame, time_ms, congested=self._outbox.congested))
        if session.next_due_ms < due_ms:
            self._node.registry.hasten(self)

    def tell_changed(self, conversation: UUID, seq: int) -> None:
        """Say how far a conversation is whose pushes may have been lost."""
        self._run(self.session.went_on(conversation, seq, congested=self._outbox.congested))

    def tick(self, time_ms: int) -> None:
        """Look at the clock: timeouts, resends, a peer that takes nothing or does not close."""
        self._run(self.session.tick(time_ms, congested=self._outbox.congested))
        overdue = self._closing_since_ms and time_ms - self._closing_since_ms > CLOSE_GRACE_MS
        if overdue or self._outbox.is_stuck(asyncio.get_running_loop().time()):
            self.abandon()

    def restart(self) -> None:
        """End because the node stops; the pause is random, so that not all come back at once."""
        retry_ms = random.randrange(RESTART_SPREAD_MS)  # noqa: S311 - spreads reconnects only
        self._run(self.session.close(CloseCode.RESTART, "restart", retry_after_ms=retry_ms))

    def revoke(self, why: Why = Why.REVOKED, details: Mapping[str, str | int] | None = None) -> None:
        """End because the terminal or user may not be here any more, or not with what she came in with."""
        if why is Why.TOKEN:
            self._run(self.session.close(CloseCode.SIGN_IN, ErrorCode.TOKEN_INVALID))
        elif why is Why.DISPLACED:
            self._run(self.session.close(CloseCode.DISPLACED, ErrorCode.SIGNED_IN_ELSEWHERE, details=details))
        else:  # the word itself is the reason that the client is told
            self._run(self.session.close(CloseCode.REVOKED, why.value))

    def crowd_out(self) -> None:
        """End because the user has more sessions than she may."""
        retry_ms = self._node.limits.flood_retry_ms
        self._run(self.session.close(CloseCode.FLOOD, "too_many_sessions", retry_after_ms=retry_ms))

    def abandon(self) -> None:
        """Cut the peer off."""
        self._outbox.cut()

    async def gone(self) -> None:
        """The socket is closed: leave the registry. What was begun runs on and answers nobody."""
        self._depart()
        await self._let_go()

    def _depart(self) -> None:
        self._gone = True
        self.session.close(CloseCode.GOING_AWAY, "gone")
        self._node.registry.remove(self)

    async def _let_go(self) -> None:
        await self._leave()
        await self._outbox.abandon()

    def _run(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SendText):
                self._outbox.put_text(effect.text)
            elif isinstance(effect, Call):
                self._call(effect.frame, effect.identity)
            elif isinstance(effect, Authenticate):
                self._node.registry.spawn(self._sign_in(effect.frame))
            else:
                self._close(effect)
        if self._outbox.is_waiting:
            self._watch_outbox()

    def _watch_outbox(self) -> None:
        """The peer has to take something first: look again soon whether it does, and end when there is no room."""
        if self.session.is_closing:
            return
        if not self._outbox.has_room:
            self._outbox.clear()
            retry_ms = SLOW_READER_RETRY_MS
            self._run(self.session.close(CloseCode.SLOW_READER, "slow_reader", retry_after_ms=retry_ms))
        else:
            self._node.registry.hasten(self)

    def _call(self, frame: Request | Note, identity: Identity) -> None:
        if isinstance(frame, Send):
            self._send(frame, identity)
        elif isinstance(frame, Received | Read):
            self._node.services.note(identity, frame)
        else:
            self._node.registry.spawn(self._answer(frame, identity))

    def _send(self, frame: Send, identity: Identity) -> None:
        node = self._node
        time_ms = now_ms()
        wait_ms = node.quotas.admit(identity.user, time_ms) or node.allowances.admit(identity.tenant, time_ms)
        if wait_ms:
            self._completed(too_many_messages(frame, wait_ms))
            return
        node.services.send(
            frame, identity=identity, session_id=self.session.id, language=self.language, done=self._completed
        )

    def _completed(self, answer: str) -> None:
        self._run(self.session.completed(answer))

    def _close(self, effect: Close) -> None:
        CLOSES.add(code=str(int(effect.code)))
        self._closing_since_ms = now_ms()
        self._outbox.put_close(effect.code, effect.reason)
        self._node.registry.hasten(self)

    async def _answer(self, frame: Question, identity: Identity) -> None:
        """One question at a time, as the peer takes the answers: together they would be more than it may hold."""
        self._reading = self._reading or asyncio.Lock()
        async with self._reading:
            await self._outbox.caught_up()
            if not self.session.is_closing:
                answer = await self._node.services.answer(frame, identity=identity, language=self.language)
                self._completed(answer)

    async def _sign_in(self, frame: SignIn) -> None:
        """Check who it is, be told what concerns her, then list what changed: nothing falls between.

        Where she would be served at less cost elsewhere, and follows, that is said instead of all but the first.
        """
        services = self._node.services
        try:
            identity, language = await services.sign_in(frame, self._address)
            self.language = language or self.language
            if home := self._home_elsewhere(frame, identity):
                self._run(self.session.redirected(home))
                return
            await self._join(identity, frame)
            changes, start_over = await services.changed_since(identity, frame.since)
        except Exception as error:
            self._run(self.session.sign_in_failed(services.refusal(error, frame, language=self.language)))
            if self.session.identity is None:
                await self._leave()
            return
        self._run(
            self.session.signed_in(identity, ref=frame.ref, changes=changes, start_over=start_over, now_ms=now_ms())
        )

    def _home_elsewhere(self, frame: SignIn, identity: Identity) -> str:
        """Return where to send this peer. One that is signed in already stays; so does one whose ticket is used up."""
        follows = frame.redirect and self.session.identity is None and not is_ticket(frame.token)
        return self._node.home_of(user_group(identity.user)) if follows else ""

    async def _join(self, identity: Identity, frame: SignIn) -> None:
        """Join once; a renewal for another user is refused by the session and joins nothing.

        Who was shut out after her token was checked, and before she could hear of that, is found by checking again.
        """
        if self._user is not None:
            return
        self._tenant, self._user, self._terminal = identity.tenant, identity.user, identity.terminal
        registry = self._node.registry
        self._address = ""  # noted with the terminal; kept here no longer than needed
        await registry.join(self, identity.user)
        await self._node.services.confirm(frame)
        if self._gone:
            await self._leave()
        sessions = registry.sessions(user_group(identity.user))
        for oldest in sessions[: max(0, len(sessions) - self._node.limits.user_sessions)]:
            oldest.crowd_out()

    async def _leave(self) -> None:
        """Be nobody's: the socket is closed, or the sign-in failed and the next one may be someone else's."""
        user, self._user, self._tenant, self._terminal = self._user, None, None, None
        if user is not None:
            await self._node.registry.leave(self, user)
