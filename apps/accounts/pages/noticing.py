"""Notes in which browsers people use the pages, so that they find them in the list of their terminals."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from apps.accounts.backends import client_address
from apps.accounts.models import User
from apps.accounts.models.terminals import MAX_ADDRESS_CHARS
from apps.accounts.services.browser_names import browser_name
from apps.accounts.services.browser_sessions import Sight, is_worth_noting, note_use


class BrowserMiddleware:
    """Put it behind Django's sessions and authentication. Requests that ask not who it is cost nothing here."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer, and note afterwards who it was: a sign-in begins her session in the course of it."""
        if self._is_async:
            return self._answer(request)
        response: HttpResponseBase = self._get_response(request)
        if (user := _known(request)) is not None:
            _note(request, user)
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self._get_response(request)
        if (user := _known(request)) is not None:
            await sync_to_async(_note)(request, user)
        return response


def _known(request: HttpRequest) -> User | None:
    """Return who asked, if that was looked up anyhow and her session is to be noted. No query."""
    # A sign-in puts a user in the place of the lazy object, which itself keeps whom it found.
    user = request.user if type(request.user) is User else getattr(request, "_cached_user", None)
    is_hers = isinstance(user, User) and request.session.accessed
    return user if is_hers and is_worth_noting(request.session, now=timezone.now()) else None


def _note(request: HttpRequest, user: User) -> None:
    name = browser_name(request.headers.get("User-Agent", ""))
    address = client_address(request)[:MAX_ADDRESS_CHARS]
    note_use(request.session, user, Sight(name, address, timezone.now()))
