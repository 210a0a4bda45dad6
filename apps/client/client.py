"""The client: sending, receiving and asking, over a connection that `connection.py` keeps alive.

What a program sees: `send` returns when the message is stored, `events` gives every conversation's log in order and
each event once, whatever happens to connections in between.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID, uuid4

import msgspec

from apps.client.addresses import Addresses
from apps.client.connection import Lifeline
from apps.client.errors import ClientClosed, ClientError, ConnectionLost, NotConnected, RequestRefused, SendRefused
from apps.client.inbox import ClientEvent, Inbox
from apps.client.options import ClientOptions
from apps.client.outbox import Outbox, Outgoing
from apps.client.session import Answered, Effect, Session, Settled
from apps.client.tokens import PasswordTokens, ProvidedTokens, TokenSource
from apps.client.transport import ABNORMAL
from apps.wire import codec
from apps.wire.errors import ErrorCode
from apps.wire.frames import (
    MAX_FRAME_BYTES,
    MAX_LISTED_CONVERSATIONS,
    Ack,
    Conversations,
    ConversationView,
    Events,
    ListConversations,
    Send,
    Sync,
    Welcome,
)
from apps.wire.ids import MESSAGE_ID_RANDOM_BYTES, TerminalId, UserId, make_message_id

MAX_QUESTION_ATTEMPTS: Final = 8

Answer = Events | Conversations


class ImClient:
    """An asynchronous client for programs; use as `async with`, or `connect` and `close`.

    `http_url` and `ws_url` are addresses of one node, or of several of one cluster: when a node does not answer, the
    next is tried. Signs in with `login` and `password`, or with what `token` returns. Keep `terminal_id` between runs
    where you can, and `positions` (what `positions()` said last) to continue where you stopped; without them the client
    begins with what is new, or with the option `from_start` at each log's beginning.
    """

    def __init__(
        self,
        http_url: str | Sequence[str],
        ws_url: str | Sequence[str],
        login: str = "",
        password: str = "",
        *,
        token: Callable[[], Awaitable[str]] | None = None,
        terminal_id: UUID | None = None,
        positions: Mapping[UUID, int] | None = None,
        options: ClientOptions | None = None,
    ) -> None:
        self.options = options or ClientOptions()
        self.terminal_id = terminal_id or uuid4()
        self._timing = self.options.timing
        self._tokens: TokenSource = (
            ProvidedTokens(token)
            if token is not None
            else PasswordTokens(Addresses(http_url), login=login, password=password, timing=self._timing)
        )
        self._arrived = asyncio.Event()
        self._session = _make_session(self.options, positions)
        self._lifeline = Lifeline(
            self._session,
            addresses=Addresses(ws_url),
            tokens=self._tokens,
            terminal=self.terminal_id,
            options=self.options,
        )
        self._lifeline.on_effect = self._take_effect
        self._lifeline.on_change = self._note_change
        self._lifeline.on_activity = self._arrived.set
        self._runner: asyncio.Task[None] | None = None
        self._end: ClientClosed | None = None
        self._connected = asyncio.Event()
        self._sends: dict[str, asyncio.Future[Ack]] = {}
        self._questions: dict[str, asyncio.Future[Answer]] = {}
        self._question_count = 0

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def welcome(self) -> Welcome:
        """The server's word at the last sign-in: who we are, and how it wants things. Raises NotConnected."""
        if self._session.welcome is None:
            raise NotConnected("the client has not signed in yet: call connect() first")
        return self._session.welcome

    @property
    def is_connected(self) -> bool:
        """Whether a connection is signed in at this moment."""
        return self._connected.is_set() and self._end is None

    async def connect(self) -> None:
        """Start, and return once signed in. Tries until it works.

        Raises SignInRefused when name, password or token are wrong, ClientClosed after `close`. Bound the wait with
        `asyncio.timeout`, and close the client when that runs out.
        """
        self._require_open()
        if self._runner is None:
            self._runner = asyncio.ensure_future(self._run())
        await self._wait_connected()

    async def close(self) -> None:
        """End the connection and all tasks. Messages still waiting raise ClientClosed; their outcome is unknown."""
        self._finish(ClientClosed("the client was closed"))
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)

    async def send_text(self, conversation: UUID, text: str) -> Ack:
        """Send a text message; see `send`."""
        return await self.send(conversation, "text", {"text": text})

    async def send(self, conversation: UUID, kind: str, body: Any, message_id: str | None = None) -> Ack:
        """Send a message and return its ack: it is stored, once, with that seq and time.

        Messages of one conversation are stored in the order of the calls. Waits and repeats as long as it takes,
        always with the same id: pass an id you kept to finish what an earlier run began. When the caller is
        cancelled, a message that was never on the wire is dropped; another one may still be stored.
        Raises SendRefused when the server will never take it, OutboxFull at the bound, ClientClosed.
        """
        self._require_open()
        message = Outgoing(
            message_id or self.new_message_id(), conversation, kind, msgspec.Raw(msgspec.json.encode(body))
        )
        _require_fitting(message)
        self._session.outbox.add(message)
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._sends[message.id] = future
        self._lifeline.wake.set()
        try:
            return await future
        finally:
            self._sends.pop(message.id, None)
            if future.cancelled():
                self._session.outbox.withdraw(message.id)

    def new_message_id(self) -> str:
        """Make the id of a message, for a program that stores it before sending. Raises NotConnected."""
        sender, terminal = UserId(self.welcome.user), TerminalId(self.terminal_id)
        noise = secrets.token_bytes(MESSAGE_ID_RANDOM_BYTES)
        return make_message_id(sender, terminal, time_ms=self._timing.unix_ms(), random=noise).to_text()

    async def events(self) -> AsyncIterator[ClientEvent]:
        """Give out what arrives: logs in order, each event once, our own messages among them; cursor notices too.

        Taking an event acknowledges it to the server as received. Ends after `close`; raises ClientClosed, with the
        cause, when the client had to give up. One reader at a time.
        """
        while True:
            item = self._session.inbox.pop(self._timing.now())
            if item is not None:
                self._lifeline.wake.set()
                yield item
            elif self._end is not None:
                if self._end.__cause__ is not None:
                    raise self._end
                return
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def positions(self) -> dict[UUID, int]:
        """Return the last seq taken from `events` per conversation, for the `positions` of a later client."""
        return self._session.inbox.positions()

    def read(self, conversation: UUID, seq: int) -> None:
        """Say that the person has read up to `seq`; goes out soon, again after a reconnect until it could."""
        self._require_open()
        self._session.mark_read(conversation, seq)
        self._lifeline.wake.set()

    async def sync(self, conversation: UUID, *, after: int, limit: int = 100) -> Events:
        """Fetch a page of a log directly, apart from `events`. Raises RequestRefused."""
        answer = await self._ask(partial(Sync, conversation, after, limit))
        assert isinstance(answer, Events)  # noqa: S101 - the session matches answers to questions
        return answer

    async def conversations(self, *, limit: int = MAX_LISTED_CONVERSATIONS) -> list[ConversationView]:
        """Fetch the conversation list, latest activity first, at most `limit` of them. Raises RequestRefused."""
        items: list[ConversationView] = []
        cursor = ""
        while len(items) < limit:
            page_limit = min(MAX_LISTED_CONVERSATIONS, limit - len(items))
            answer = await self._ask(partial(ListConversations, page_limit, cursor))
            assert isinstance(answer, Conversations)  # noqa: S101 - the session matches answers to questions
            items += answer.items
            cursor = answer.next
            if not cursor:
                break
        return items

    async def _run(self) -> None:
        try:
            await self._lifeline.run()
        except Exception as error:
            end = ClientClosed(f"the client gave up: {error}")
            end.__cause__ = error
            self._finish(end)

    async def _wait_connected(self) -> None:
        self._require_open()
        await self._connected.wait()
        self._require_open()

    async def _ask(self, make: Callable[[str], Sync | ListConversations]) -> Answer:
        for attempt in range(1, MAX_QUESTION_ATTEMPTS + 1):
            await self._wait_connected()
            try:
                return await self._ask_once(make)
            except ConnectionLost:
                if attempt == MAX_QUESTION_ATTEMPTS:
                    raise
            except RequestRefused as error:
                if not error.retry or attempt == MAX_QUESTION_ATTEMPTS:
                    raise
                await self._timing.sleep(max(self.options.backoff_base_s, error.retry_after_s))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _ask_once(self, make: Callable[[str], Sync | ListConversations]) -> Answer:
        self._question_count += 1
        ref = f"ask-{self._question_count}"
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._questions[ref] = future
        self._session.ask(make(ref), self._timing.now())
        self._lifeline.wake.set()
        try:
            return await future
        finally:
            del self._questions[ref]

    def _take_effect(self, effect: Effect) -> None:
        match effect:
            case Settled(message, outcome):
                _resolve(self._sends.get(message.id), outcome)
            case Answered(ref, answer):
                _resolve(self._questions.get(ref), answer)
            case _:
                raise AssertionError(f"{effect} is the connection's own business")

    def _note_change(self, reason: Exception | None) -> None:
        if reason is None:
            self._connected.set()
            self._arrived.set()
            return
        if self._end is None:
            self._connected.clear()
        for future in self._questions.values():
            _resolve(future, ConnectionLost(ABNORMAL, str(reason)))

    def _finish(self, end: ClientClosed) -> None:
        """Let everybody who waits know that nothing more will come; the first reason stays."""
        if self._end is not None:
            return
        self._end = end
        waiting: list[asyncio.Future[Any]] = [*self._sends.values(), *self._questions.values()]
        for future in waiting:
            _resolve(future, ClientClosed(str(end)), cause=end.__cause__)
        self._connected.set()
        self._arrived.set()

    def _require_open(self) -> None:
        if self._end is None:
            return
        cause = self._end.__cause__
        if isinstance(cause, ClientError):
            raise cause
        raise ClientClosed(str(self._end)) from cause


def _make_session(options: ClientOptions, positions: Mapping[UUID, int] | None) -> Session:
    inbox = Inbox(
        limit=options.inbox_limit,
        repair_delay_s=options.repair_delay_s,
        received_interval_s=options.received_interval_s,
        positions=positions,
        from_start=options.from_start,
    )
    outbox = Outbox(
        limit=options.outbox_limit,
        in_flight_limit=options.in_flight_limit,
        ack_timeout_s=options.answer_timeout_s,
    )
    return Session(inbox=inbox, outbox=outbox, answer_timeout_s=options.answer_timeout_s, jitter=options.jitter)


def _resolve(future: asyncio.Future[Any] | None, outcome: object, *, cause: BaseException | None = None) -> None:
    if future is None or future.done():
        return
    if isinstance(outcome, Exception):
        outcome.__cause__ = cause
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _require_fitting(message: Outgoing) -> None:
    size = len(codec.encode(Send(message.id, message.conversation, message.kind, message.body)).encode())
    if size > MAX_FRAME_BYTES:
        text = f"the frame has {size} bytes, at most {MAX_FRAME_BYTES} are allowed"
        raise SendRefused(ErrorCode.FRAME_TOO_LARGE, text, message_id=message.id)
