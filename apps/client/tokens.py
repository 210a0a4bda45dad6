"""Access tokens for signing in: by name and password over OAuth2, or from a function of the program's own."""

import asyncio
import http.client
import json
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import urlencode, urlsplit

from apps.client.addresses import Addresses
from apps.client.errors import SignInRefused, SignInUnavailable
from apps.client.timing import Timing

CLIENT_ID: Final = "imsite-cli"
HTTP_TIMEOUT_S: Final = 15.0
LEAD_S: Final = 150.0
"""A token with less than this left (or a quarter of its life, when that is shorter) is not handed out any more."""

_REFUSED: Final = frozenset({400, 401, 403})


class TokenSource(Protocol):
    """Where access tokens come from."""

    async def token(self, *, rejected: str) -> str:
        """Return a valid token, not `rejected`. Raises SignInRefused (for good) or SignInUnavailable (for now)."""


class ProvidedTokens:
    """Tokens of the program's own function, asked anew at every sign-in."""

    def __init__(self, provide: Callable[[], Awaitable[str]]) -> None:
        self._provide = provide

    async def token(self, *, rejected: str) -> str:
        """Return what the function gives; the same token the server has just refused is a refusal."""
        token = await self._provide()
        if token == rejected:
            raise SignInRefused("token_invalid", "the server does not accept the token it was given")
        return token


class HttpAnswer(NamedTuple):
    """What a form was answered with."""

    status: int
    body: bytes
    retry_after_s: float


PostForm: TypeAlias = Callable[[str, dict[str, str]], Awaitable[HttpAnswer]]


class PasswordTokens:
    """OAuth2 password grant (RFC 6749 §4.3), then refreshes (§6); back to the password when a refresh is refused."""

    def __init__(
        self, addresses: Addresses, *, login: str, password: str, timing: Timing, post: PostForm | None = None
    ) -> None:
        self._addresses = addresses
        self._login = login
        self._password = password
        self._timing = timing
        self._post = post or post_form
        self._access = ""
        self._refresh = ""
        self._good_until = 0.0

    async def token(self, *, rejected: str) -> str:
        """Return the token at hand while it is good, else a fresh one."""
        if self._access and self._access != rejected and self._timing.now() < self._good_until:
            return self._access
        self._access = ""
        if self._refresh:
            spent, self._refresh = self._refresh, ""
            try:
                return await self._grant({"grant_type": "refresh_token", "refresh_token": spent})
            except SignInUnavailable:
                self._refresh = spent
                raise
            except SignInRefused:
                pass
        return await self._grant({"grant_type": "password", "username": self._login, "password": self._password})

    async def _grant(self, fields: dict[str, str]) -> str:
        url = self._addresses.current.rstrip("/") + "/oauth/token/"
        try:
            answer = await self._post(url, {**fields, "client_id": CLIENT_ID})
        except SignInUnavailable:
            self._addresses.failed()
            raise
        content = _json_object(answer.body)
        if answer.status in _REFUSED:
            code = str(content.get("code") or content.get("error") or "invalid_grant")
            raise SignInRefused(code, str(content.get("error_description") or content.get("detail") or self._login))
        if answer.status != 200 or not isinstance(content.get("access_token"), str):
            self._addresses.failed()
            raise SignInUnavailable(f"{url} answered with status {answer.status}", retry_after_s=answer.retry_after_s)
        lifetime_s = float(content.get("expires_in") or 0)
        self._good_until = self._timing.now() + lifetime_s - min(LEAD_S, lifetime_s / 4)
        self._access = str(content["access_token"])
        self._refresh = str(content.get("refresh_token") or "")
        return self._access


async def post_form(url: str, fields: dict[str, str]) -> HttpAnswer:
    """Post a form in a thread, directly and without following redirects. Raises SignInUnavailable without an answer."""
    try:
        return await asyncio.to_thread(_post_form, url, fields)
    except (OSError, http.client.HTTPException) as error:
        raise SignInUnavailable(f"{url}: {error}") from error


def _post_form(url: str, fields: dict[str, str]) -> HttpAnswer:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname is None:
        raise ValueError(f"{url!r} is not an HTTP address")
    connection = (
        http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=HTTP_TIMEOUT_S, context=ssl.create_default_context()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname, parts.port, timeout=HTTP_TIMEOUT_S)
    )
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        connection.request("POST", parts.path, urlencode(fields), headers)
        response = connection.getresponse()
        retry_after = response.headers.get("Retry-After", "")
        return HttpAnswer(response.status, response.read(), float(retry_after) if retry_after.isdigit() else 0.0)
    finally:
        connection.close()


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
