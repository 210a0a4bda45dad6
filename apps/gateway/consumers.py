"""The WebSocket consumers: genuine Channels consumers, as lean as a connection that mostly waits should be.

The stock consumer subscribes the layer, starts three tasks and tidies the database for every message of every
connection. Here a connection that is accepted leaves its coroutine behind where the server allows that (the scope
extension `imsite.detach`): the server then calls the connection, and an idle one holds no task. Elsewhere one coroutine
per connection loops on `receive`. Everything shared is the node's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from apps.gateway import lifespan
from apps.gateway.connection import Connection, Node
from apps.gateway.handshake import address_of, language_of, origin_is_allowed
from apps.gateway.outbox import AsgiOutbox, Send, Socket, SocketOutbox
from apps.wire.codec import encode
from apps.wire.errors import CloseCode
from apps.wire.frames import Closing

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Detach = Callable[[Connection], Socket]

DETACH = "imsite.detach"

START_RETRY_MS = 2_000


class RefusingConsumer(AsyncConsumer):  # type: ignore[misc]  # channels is untyped
    """Answers the handshake of a path that is no address of the protocol with a refusal."""

    __slots__ = ()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Refuse before accepting: the server answers 403."""
        await receive()
        await send({"type": "websocket.close", "code": CloseCode.PROTOCOL})


class SessionConsumer(AsyncConsumer):  # type: ignore[misc]  # channels is untyped
    """Serves one connection of the protocol, from handshake to disconnect."""

    __slots__ = ("_cut", "_task")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Accept, feed the connection until the socket closes, and see it off."""
        await receive()
        headers = scope["headers"]
        if not origin_is_allowed(headers, settings.IM_ALLOWED_ORIGINS):
            logger.info("socket refused: its origin is not allowed")
            await send({"type": "websocket.close", "code": CloseCode.PROTOCOL})
            return
        language, address = language_of(headers), address_of(scope)
        await send({"type": "websocket.accept"})
        detach: Detach | None = (scope.get("extensions") or {}).get(DETACH)
        if isinstance(headers, list):
            headers.clear()  # about 2 KB that the server's scope would hold as long as the connection lives
        del scope, headers
        node = await self._node(send)
        if node is None:
            return
        if detach is not None:
            _detach(node, detach, language, address)
        else:
            await self._serve(node, receive, send, language, address)

    async def _node(self, send: Send) -> Node | None:
        """Return the running node; when it can't start, tell the client to come back."""
        try:
            return await lifespan.running_node()
        except lifespan.NodeStopping:
            frame = Closing(reason="restart", retry_after_ms=START_RETRY_MS)
        except Exception:
            logger.exception("the gateway could not start")
            frame = Closing(reason="unavailable", retry_after_ms=START_RETRY_MS)
        await send({"type": "websocket.send", "text": encode(frame)})
        await send({"type": "websocket.close", "code": CloseCode.RESTART, "reason": frame.reason})
        return None

    async def _serve(self, node: Node, receive: Receive, send: Send, language: str, address: str) -> None:
        self._cut = False
        self._task = asyncio.current_task()
        outbox = AsgiOutbox(send, bounds=node.bounds, cut=self._cut_off)
        connection = Connection(node, outbox, language=language, address=address)
        outbox.on_drained = connection.drained
        connection.open()
        try:
            while (event := await receive())["type"] == "websocket.receive":
                data = event.get("text")
                connection.received(event["bytes"] if data is None else data)
        except asyncio.CancelledError:
            if not self._cut:
                raise
        finally:
            await connection.gone()

    def _cut_off(self) -> None:
        """End the loop on `receive`; the server then drops the peer."""
        if self._task is not None and not self._cut:
            self._cut = True
            self._task.cancel()


def _detach(node: Node, detach: Detach, language: str, address: str) -> None:
    """Let the server call a connection of the node; it does not before this returns."""
    outbox = SocketOutbox(node.bounds)
    connection = Connection(node, outbox, language=language, address=address)
    outbox.attach(detach(connection))
    connection.open()
