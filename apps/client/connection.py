"""One connection after the other: open, sign in, serve until it ends, wait, again.

While a connection is open two tasks serve it: a reader that hands frames to the session, and a pump that transmits
what the session says is due. `run` owns both, and ends only by cancellation or by an error nobody here can mend.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from apps.client.addresses import Addresses
from apps.client.backoff import Backoff
from apps.client.errors import ClientClosed, ConnectionLost, SignInRefused, SignInUnavailable
from apps.client.options import ClientOptions
from apps.client.route import Route
from apps.client.session import RENEWAL_REF, Broken, Effect, Renew, Session, Transmit
from apps.client.tokens import TokenSource
from apps.client.transport import Transport
from apps.wire import codec
from apps.wire.errors import RETRYABLE, CloseCode, ErrorCode
from apps.wire.frames import ClientFrames, Closing, ErrorFrame, ServerFrames, SignIn, Welcome

logger = logging.getLogger(__name__)

FINAL_CODES: Final = frozenset({CloseCode.PROTOCOL, CloseCode.REVOKED, CloseCode.DISPLACED, CloseCode.TOO_LARGE})
"""After these close codes reconnecting would only end the same way."""
MAX_TOKENS_REFUSED: Final = 3
"""Freshly made tokens refused in a row before the client gives up."""
STABLE_AFTER_S: Final = 5.0
"""A connection that lasted this long counts as a success: the next pause is a short one again."""


class _SentOn(Exception):
    """Another node serves this user at less cost, and this one gave its address."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class Lifeline:
    """Keeps `session` connected as one user at one terminal.

    `on_effect` gets every effect that is not the connection's own business; `on_change` is called when a connection
    is signed in (with None) and when it ended (with the reason); `on_activity` after every frame that came.
    """

    def __init__(
        self, session: Session, *, addresses: Addresses, tokens: TokenSource, terminal: UUID, options: ClientOptions
    ) -> None:
        self.wake = asyncio.Event()
        self.on_effect: Callable[[Effect], None] = lambda _effect: None
        self.on_change: Callable[[Exception | None], None] = lambda _reason: None
        self.on_activity: Callable[[], None] = lambda: None
        self._session = session
        self._route = Route(addresses)
        self._tokens = tokens
        self._terminal = terminal
        self._options = options
        self._timing = options.timing
        self._backoff = Backoff(base_s=options.backoff_base_s, cap_s=options.backoff_cap_s, jitter=options.jitter)
        self._rejected = ""
        self._tokens_refused = 0

    async def run(self) -> None:
        """Connect again and again. Raises SignInRefused, ConnectionLost with a final code, or what is a defect."""
        while True:
            retry_after_s = 0.0
            try:
                await self._connect_once()
            except _SentOn as error:
                self._route.sent_on(error.url)
                continue
            except SignInUnavailable as error:
                retry_after_s = error.retry_after_s
                self._route.failed()
                self._log_end(error)
            except ConnectionLost as error:
                if error.code in FINAL_CODES:
                    raise
                retry_after_s = self._session.retry_after_s
                self._route.failed()
                self._log_end(error)
            await self._timing.sleep(self._backoff.next_pause_s(at_least_s=retry_after_s))

    async def _connect_once(self) -> None:
        self._route.next()
        token = await self._tokens.token(rejected=self._rejected)
        transport = await self._options.open_transport(self._route.address)
        signed_in_at: float | None = None
        reason: Exception = ClientClosed("the client was closed")
        try:
            self._session.begin(await self._sign_in(transport, token), self._timing.now())
            signed_in_at = self._timing.now()
            self.on_change(None)
            await self._serve(transport)
        except (ConnectionLost, SignInUnavailable, SignInRefused) as error:
            reason = error
            if isinstance(error, ConnectionLost) and error.code == CloseCode.SIGN_IN:
                self._rejected = token
            raise
        finally:
            self._session.interrupt(self._timing.now())
            if signed_in_at is not None:
                if self._timing.now() - signed_in_at >= STABLE_AFTER_S:
                    self._backoff.reset()
                self.on_change(reason)
            await transport.close()

    async def _sign_in(self, transport: Transport, token: str) -> Welcome:
        await self._say_who(transport, token)
        try:
            async with asyncio.timeout(self._options.answer_timeout_s):
                while True:
                    frame = _decode(await transport.receive())
                    if isinstance(frame, Welcome):
                        self._tokens_refused = 0
                        self._route.arrived()
                        return frame
                    if isinstance(frame, Closing):
                        self._judge_farewell(frame)
                    elif isinstance(frame, ErrorFrame):
                        await self._judge_refusal(frame, transport, token)
        except TimeoutError as error:
            raise SignInUnavailable(f"{self._route.address}: no answer to the sign-in") from error

    async def _say_who(self, transport: Transport, token: str) -> None:
        frame = self._sign_in_frame(token, since=self._session.since_ms, ref="", redirect=self._route.follows)
        await self._send(transport, frame)

    def _judge_farewell(self, closing: Closing) -> None:
        if closing.url and self._route.follows:
            raise _SentOn(closing.url)
        self._session.retry_after_s = closing.retry_after_ms / 1000

    async def _judge_refusal(self, error: ErrorFrame, transport: Transport, token: str) -> None:
        if error.code == ErrorCode.BAD_FRAME and self._route.follows:
            self._route.stay()  # Perhaps a server of before `redirect`: it leaves the socket open.
            await self._say_who(transport, token)
            return
        if error.code == ErrorCode.TOKEN_INVALID:
            self._tokens_refused += 1
            if self._tokens_refused < MAX_TOKENS_REFUSED:
                raise ConnectionLost(CloseCode.SIGN_IN, error.message)
        if error.retry or error.code in RETRYABLE:
            raise SignInUnavailable(error.message, retry_after_s=error.retry_after_ms / 1000)
        raise SignInRefused(error.code, error.message)

    async def _serve(self, transport: Transport) -> None:
        tasks = [asyncio.ensure_future(self._read(transport)), asyncio.ensure_future(self._pump(transport))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, transport: Transport) -> None:
        while True:
            frame = _decode(await transport.receive())
            if frame is not None:
                for effect in self._session.handle(frame, self._timing.now()):
                    self._apply(effect)
                self.on_activity()
                self.wake.set()

    async def _pump(self, transport: Transport) -> None:
        while True:
            self.wake.clear()
            for effect in self._session.tick(self._timing.now()):
                if isinstance(effect, Transmit):
                    await self._send(transport, effect.frame)
                elif isinstance(effect, Renew):
                    await self._renew(transport)
                else:
                    self._apply(effect)
            await self._timing.wait(self.wake, self._session.wake_at() - self._timing.now())

    async def _renew(self, transport: Transport) -> None:
        try:
            token = await self._tokens.token(rejected="")
        except SignInUnavailable as error:
            logger.warning("token not renewed: %s", error)
            self._session.renewal_failed(self._timing.now())
            return
        await self._send(transport, self._sign_in_frame(token, since=None, ref=RENEWAL_REF))

    async def _send(self, transport: Transport, frame: ClientFrames) -> None:
        try:
            async with asyncio.timeout(self._options.answer_timeout_s):
                await transport.send(codec.encode(frame))
        except TimeoutError as error:
            raise ConnectionLost(CloseCode.GOING_AWAY, "the server does not read") from error

    def _apply(self, effect: Effect) -> None:
        if isinstance(effect, Broken):
            raise ConnectionLost(effect.code, effect.reason)
        self.on_effect(effect)

    def _sign_in_frame(self, token: str, *, since: int | None, ref: str, redirect: bool = False) -> SignIn:
        return SignIn(token, self._terminal, self._options.platform, self._options.name, since, ref, redirect)

    def _log_end(self, error: Exception) -> None:
        logger.info("not connected: %s", error, extra={"terminal": str(self._terminal)})


def _decode(data: str | bytes) -> ServerFrames | None:
    """Decode a frame; None for one of a later version of the protocol."""
    try:
        return codec.decode_server_frame(data)
    except codec.FrameRefused as error:
        logger.warning("frame skipped: %s", error)
        return None
