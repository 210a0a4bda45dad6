"""Bounds the bodies of HTTP requests before Django reads them: it would spool one of any length to the disk first,
whoever sends it.

Only counts; what a body has to look like is the views' business.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from apps.common.rest.problems import MEDIA_TYPE, Problem

MAX_BYTES: Final = 2 * 1024 * 1024
"""Far above what any page or call of ours sends; forms are bounded by DATA_UPLOAD_MAX_MEMORY_SIZE, as large as this."""

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

_STATUS: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_PROBLEM: Final = Problem(
    title=_STATUS.phrase, status=_STATUS.value, detail=f"A request has at most {MAX_BYTES} bytes.", code="too_large"
)
_DISCONNECT: Final[Event] = {"type": "http.disconnect"}


class BoundedBodies:
    """An ASGI application for HTTP that answers 413 in place of `application` when a body is too long."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, unless it says that it is too long; when that shows only later, break it off."""
        if _declared_bytes(scope) > MAX_BYTES:
            await _refuse(send)
            return
        size_bytes = 0

        async def receive_bounded() -> Event:
            nonlocal size_bytes
            event = await receive() if size_bytes <= MAX_BYTES else _DISCONNECT
            size_bytes += len(event.get("body", b""))
            return event if size_bytes <= MAX_BYTES else _DISCONNECT

        await self._application(scope, receive_bounded, send)
        if size_bytes > MAX_BYTES:
            await _refuse(send)


def _declared_bytes(scope: dict[str, Any]) -> int:
    """Content-Length, 0 where there is none; servers refuse one that is no number."""
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() else 0


async def _refuse(send: Send) -> None:
    """The rest of the body stays unread, so the connection ends."""
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": _STATUS.value, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(_PROBLEM.to_json())})
