"""Holds a process to its roles: one without `http` serves no pages, one without `ws` no sessions; both say so.

Every process tells whether it is well and its figures. Not here: which process has which roles, and what one with
`jobs` runs (`imsite.serving.duties`).
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.conf import settings

from apps.common.rest.problems import MEDIA_TYPE, Problem
from imsite.health import LIVE_PATH, READY_PATH
from imsite.operating.metrics import ANSWERS

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

ALWAYS: Final = frozenset({LIVE_PATH, READY_PATH, *ANSWERS})
CLOSE_CODE: Final = 1013
"""Try again later (elsewhere), where the server cannot answer the handshake with a status of ours."""

NO_PAGES: Final = Problem(
    title=HTTPStatus.MISDIRECTED_REQUEST.phrase,
    status=HTTPStatus.MISDIRECTED_REQUEST.value,
    detail="This process serves WebSocket sessions only; pages and REST are on the HTTP port of a node with role http.",
    code="no_pages_here",
)
NO_SOCKETS: Final = Problem(
    title=HTTPStatus.SERVICE_UNAVAILABLE.phrase,
    status=HTTPStatus.SERVICE_UNAVAILABLE.value,
    detail="This process serves pages and REST only; sessions are on the WebSocket port of a node with role ws.",
    code="no_sessions_here",
)


def does(role: str) -> bool:
    """Whether this process has a role; one that was told of none has all."""
    return not settings.IM_NODE_ROLES or role in settings.IM_NODE_ROLES


class Pages:
    """An ASGI application for HTTP that refuses in place of `application` what this process does not serve."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421."""
        if does("http") or scope["path"] in ALWAYS:
            await self._application(scope, receive, send)
        else:
            await _answer(send, "http", NO_PAGES)


class Sockets:
    """An ASGI application for WebSocket that does so."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the connection on, or answer its handshake with 503."""
        if does("ws"):
            await self._application(scope, receive, send)
            return
        await receive()
        if "websocket.http.response" in scope.get("extensions", {}):
            await _answer(send, "websocket.http", NO_SOCKETS)
        else:
            await send({"type": "websocket.close", "code": CLOSE_CODE, "reason": NO_SOCKETS.code})


async def _answer(send: Send, kind: str, problem: Problem) -> None:
    body = msgspec.json.encode(problem.to_json())
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.response.start", "status": problem.status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
