"""Lets each request be bound to a tenant, and makes sure that the next one is not."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.common.wall.binding import Binding, rebound, request_binding


class BindingMiddleware:
    """Opens the binding that whoever finds out who asks fills in. Put it before all that asks the database."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request within a binding of its own."""
        if self._is_async:
            return self._answer(request)
        with request_binding() as binding:
            return _kept(binding, self._get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with request_binding() as binding:
            return _kept(binding, await self._get_response(request))


def _kept(binding: Binding, response: HttpResponseBase) -> HttpResponseBase:
    """Let what a streamed answer still asks the database be bound, too."""
    if response.streaming:
        streamed = cast("StreamingHttpResponse", response)
        if not streamed.is_async:
            streamed.streaming_content = rebound(binding, cast("Any", streamed.streaming_content))
    return response
