"""Says from where the changes of a request come: address, door, and an id that the response carries, too.

The id is that of a proxy in front, if it has one that looks like an id; logs of both can then be laid side by side.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from apps.audit.models import Entry
from apps.audit.origin import Origin, coming_from

HEADER: Final = "X-Request-Id"
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}", re.ASCII)
_DOORS: Final = (("/api/", Entry.Via.REST), ("/admin/", Entry.Via.ADMIN))


class OriginMiddleware:
    """Sets the origin around everything that answers the request, on a loop or in a thread, as the rest runs."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer, with the origin set meanwhile."""
        if self._is_async:
            return self._answer(request)
        origin = origin_of(request)
        with coming_from(origin):
            return _marked(self._get_response(request), origin)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        origin = origin_of(request)
        with coming_from(origin):
            return _marked(await self._get_response(request), origin)


def _marked(response: HttpResponseBase, origin: Origin) -> HttpResponseBase:
    response.headers.setdefault(HEADER, origin.request_id)
    return response


def origin_of(request: HttpRequest) -> Origin:
    """Return where a request comes from. The address is the peer's: headers that a client can forge say nothing."""
    via = next((via for prefix, via in _DOORS if request.path.startswith(prefix)), Entry.Via.WEB)
    given = request.headers.get(HEADER, "")
    request_id = given if _ID.fullmatch(given) else secrets.token_hex(16)
    return Origin(via=via.value, address=str(request.META.get("REMOTE_ADDR") or "")[:64], request_id=request_id)
