"""One WebSocket connection: text out, text in, and how it ended. Knows nothing of the protocol's meaning."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException

from apps.client.errors import ConnectionLost
from apps.wire.bodies import MAX_BODY_BYTES
from apps.wire.errors import CloseCode
from apps.wire.frames import MAX_SYNC_EVENTS

ABNORMAL: Final = 1006
"""The code RFC 6455 §7.1.5 gives to a connection that ended without a closing handshake."""
OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0
MAX_SERVER_FRAME_BYTES: Final = 2 * MAX_SYNC_EVENTS * MAX_BODY_BYTES
"""The largest honest frame is a page of events with the largest bodies; twice that leaves room for the rest."""


class Transport(Protocol):
    """What the client needs of a connection."""

    async def send(self, text: str) -> None:
        """Send one text frame. Raises ConnectionLost."""

    async def receive(self) -> str | bytes:
        """Wait for one frame. Raises ConnectionLost."""

    async def close(self) -> None:
        """Close; never raises for a peer that is gone."""


OpenTransport: TypeAlias = Callable[[str], Awaitable[Transport]]


class WebSocketTransport:
    """Transport over the `websockets` library."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        """Send one text frame. Raises ConnectionLost."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def receive(self) -> str | bytes:
        """Wait for one frame. Raises ConnectionLost."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def close(self) -> None:
        """Close with code 1000; gives up waiting for the peer after CLOSE_TIMEOUT_S."""
        await self._connection.close(CloseCode.NORMAL)


async def open_websocket(url: str) -> Transport:
    """Connect directly, without proxy, compression or WebSocket pings: the protocol has its own heartbeat.

    Raises ConnectionLost when nobody answers or the answer is no WebSocket, ValueError for a URL that is none.
    """
    try:
        connection = await connect(
            url,
            proxy=None,
            compression=None,
            ping_interval=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_SERVER_FRAME_BYTES,
        )
    except InvalidURI as error:
        raise ValueError(f"{url!r} is not a WebSocket address") from error
    except (OSError, TimeoutError, WebSocketException, EOFError) as error:
        raise ConnectionLost(ABNORMAL, f"{url}: {error}") from error
    return WebSocketTransport(connection)


def _lost(error: ConnectionClosed) -> ConnectionLost:
    if error.rcvd is not None:
        return ConnectionLost(error.rcvd.code, error.rcvd.reason)
    if error.sent is not None and error.sent.code == CloseCode.TOO_LARGE:
        return ConnectionLost(error.sent.code, error.sent.reason)
    return ConnectionLost(ABNORMAL, "the connection broke off")
