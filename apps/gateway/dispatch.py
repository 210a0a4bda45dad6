"""From operations of the protocol to services of the domain, and from their errors to `error` frames.

Everything runs on the event loop. What a rush of sign-ins asks is gathered into batches: who they are over a connection
of their own, so that they hold up nothing else, and what they missed a few at a time.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import psycopg
from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone, translation

from apps.accounts.services import Principal, SessionSignIn, is_ticket, open_session
from apps.common.batching import Batcher, BatchLimits
from apps.common.clock import now_ms
from apps.common.database import conninfo
from apps.common.errors import ImError, Unavailable
from apps.gateway.measures import REFUSALS, SIGN_IN
from apps.gateway.session import Identity, Note, Question, Request
from apps.messaging import runtime, selectors
from apps.messaging.errors import Busy
from apps.messaging.services.sending import Sender, ack_of, submit_message
from apps.messaging.store.records import Committed
from apps.wire.codec import encode
from apps.wire.errors import ErrorCode
from apps.wire.frames import (
    MAX_CHANGED_CONVERSATIONS,
    ConversationState,
    ErrorFrame,
    ListConversations,
    Received,
    Send,
    ServerFrames,
    SignIn,
    Sync,
)
from apps.wire.ids import ConversationId, TerminalId

logger = logging.getLogger(__name__)

SIGNING_IN: Final = BatchLimits(interval_s=0.005)
"""A rush of 1,500 a second comes in batches of about eight; sessions that come one by one wait for nothing."""

RESUMING: Final = BatchLimits(max_batch=32, max_running=2, interval_s=0.005)
"""A user with very many conversations takes tens of milliseconds; more in one batch would wait for each other, more at
the same time would leave no connection for reading anything else."""

RESUME_OVERLAP_MS: Final = 90_000
"""How much earlier than a client's `since` to look for changes. A message gets its time before it is committed, clocks
of nodes differ, and members hear of a commit whose answer was lost only when the lane has found out, up to
`Limits.settle_s` later; meanwhile heartbeats go on. A client is told of a few conversations it knows already, never of
one too few."""

DATABASE_ERRORS: Final = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    TimeoutError,
)


class Dispatcher:
    """The services of a node's connections."""

    def __init__(self) -> None:
        self._sign_ins = SessionSignIn(conninfo(), limits=SIGNING_IN)
        self._resuming = Batcher[selectors.Since, list[ConversationState]](_changed_since, busy=Busy, limits=RESUMING)

    async def close(self) -> None:
        """Answer who waits that the node is not there any more, and disconnect."""
        await self._resuming.close()
        await self._sign_ins.close()

    async def sign_in(self, frame: SignIn, address: str = "") -> tuple[Identity, str]:
        """Check the token, register the terminal; return who it is and her language. Raises ImError or TimeoutError.

        A one-time ticket is used up first, in a thread, and stands for an access token from then on.
        """
        begun_s = asyncio.get_running_loop().time()
        if is_ticket(frame.token):
            await database_sync_to_async(open_session, thread_sensitive=False)(frame.token, now=timezone.now())
        principal = await self._check(frame, address)
        SIGN_IN.observe(asyncio.get_running_loop().time() - begun_s)
        return _identity_of(principal, frame), principal.locale

    async def confirm(self, frame: SignIn) -> None:
        """Check once more that she may be here. Raises as `sign_in` does."""
        await self._check(frame)

    async def changed_since(self, identity: Identity, since: int | None) -> tuple[list[ConversationState], bool]:
        """Return what changed since then, and whether that is more than a welcome lists."""
        if since is None:
            return [], False
        since_ms = max(0, since - RESUME_OVERLAP_MS)
        changed = await self._resuming.ask(selectors.Since(identity.tenant, identity.user, since_ms))
        return ([], True) if len(changed) > MAX_CHANGED_CONVERSATIONS else (changed, False)

    def note(self, identity: Identity, frame: Note) -> None:
        """Take note of a cursor. That she is a member is seen to where it is written."""
        delivered, read = (frame.seq, 0) if isinstance(frame, Received) else (0, frame.seq)
        try:
            cursors = runtime.get().cursors
        except Unavailable:
            return  # the node is stopping; the client says it again to the next one
        conversation = ConversationId(frame.conversation)
        cursors.note(identity.tenant, conversation, identity.user, delivered_seq=delivered, read_seq=read)

    def send(
        self, frame: Send, *, identity: Identity, session_id: str, language: str, done: Callable[[str], None]
    ) -> None:
        """Begin to send a message; `done` is called once, with the text of the answer. The hot path, so no task."""

        def answer(sent: "asyncio.Future[Committed]") -> None:
            try:
                text = encode(ack_of(frame.id, sent.result()))
            except Exception as error:
                text = encode(self.refusal(error, frame, language=language))
            done(text)

        sender = Sender(identity.tenant, identity.user, identity.terminal, session_id)
        try:
            sent = submit_message(
                sender,
                message_id=frame.id,
                conversation_id=ConversationId(frame.conversation),
                kind=frame.kind,
                body=frame.body,
            )
        except Exception as error:
            done(encode(self.refusal(error, frame, language=language)))
        else:
            sent.add_done_callback(answer)

    async def _check(self, frame: SignIn, address: str = "") -> Principal:
        return await self._sign_ins.sign_in(
            frame.token, terminal_id=frame.terminal, platform=frame.platform, name=frame.name, address=address
        )

    async def answer(self, frame: Question, *, identity: Identity, language: str) -> str:
        """Look something up and return the text of the answer, an `error` frame at worst."""
        try:
            return encode(await _look_up(frame, identity))
        except Exception as error:
            return encode(self.refusal(error, frame, language=language))

    def refusal(self, error: Exception, frame: Request | SignIn, *, language: str) -> ErrorFrame:
        """Return the `error` frame that tells of an error; a defect is logged and tells nothing."""
        ref, message_id = getattr(frame, "ref", ""), getattr(frame, "id", "")
        refused = error if isinstance(error, ImError) else _as_refusal(error, frame)
        REFUSALS.add(code=refused.code)
        with translation.override(language):
            text = refused.text
        return ErrorFrame(
            code=refused.code,
            message=text,
            retry=refused.retryable,
            retry_after_ms=refused.retry_after_ms,
            ref=ref,
            id=message_id,
            details=dict(refused.fields),
        )


class Internal(ImError):
    """A defect of the server; the log has it. The same frame may succeed later."""

    code = ErrorCode.INTERNAL.value
    retryable = True
    retry_after_ms = 2_000


async def _changed_since(asked: Sequence[selectors.Since]) -> list[list[ConversationState]]:
    return await selectors.changed_since(asked, MAX_CHANGED_CONVERSATIONS + 1)


def _identity_of(principal: Principal, frame: SignIn) -> Identity:
    return Identity(
        principal.tenant_id,
        principal.user_id,
        TerminalId(frame.terminal),
        principal.expires_ms,
        principal.requests_per_minute,
    )


async def _look_up(frame: Question, identity: Identity) -> ServerFrames:
    if isinstance(frame, Sync):
        return await _sync(frame, identity)
    return await _list_conversations(frame, identity)


def _as_refusal(error: Exception, frame: Request | SignIn) -> ImError:
    operation = type(frame).__name__
    if isinstance(error, DATABASE_ERRORS):
        logger.warning("%s failed for lack of the database: %r", operation, error)
        return Unavailable()
    logger.error("%s failed", operation, exc_info=error)
    return Internal()


async def _sync(frame: Sync, identity: Identity) -> ServerFrames:
    events = await selectors.sync_events(
        identity.tenant, identity.user, ConversationId(frame.conversation), frame.after, frame.limit
    )
    return msgspec.structs.replace(events, ref=frame.ref)


async def _list_conversations(frame: ListConversations, identity: Identity) -> ServerFrames:
    page = await selectors.list_conversations(identity.tenant, identity.user, frame.cursor, frame.limit)
    return msgspec.structs.replace(page, ref=frame.ref, time=now_ms())
