"""Says from where the changes of a request come: address, door, and an id that the response carries, too.

The id is that of a proxy in front, if it has one that looks like an id; logs of both can then be laid side by side.
"""

import re
import secrets
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from apps.audit.models import Entry
from apps.audit.origin import Origin, coming_from

HEADER: Final = "X-Request-Id"
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}", re.ASCII)
_DOORS: Final = (("/api/", Entry.Via.REST), ("/admin/", Entry.Via.ADMIN))


class OriginMiddleware:
    """Sets the origin around everything that answers the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the origin set meanwhile."""
        origin = origin_of(request)
        with coming_from(origin):
            response = self._get_response(request)
        response.headers.setdefault(HEADER, origin.request_id)
        return response


def origin_of(request: HttpRequest) -> Origin:
    """Return where a request comes from. The address is the peer's: headers that a client can forge say nothing."""
    via = next((via for prefix, via in _DOORS if request.path.startswith(prefix)), Entry.Via.WEB)
    given = request.headers.get(HEADER, "")
    request_id = given if _ID.fullmatch(given) else secrets.token_hex(16)
    return Origin(via=via.value, address=str(request.META.get("REMOTE_ADDR") or "")[:64], request_id=request_id)
