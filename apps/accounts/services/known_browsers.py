"""Browsers in which a person has signed in before: a signed cookie, good for her name alone.

It opens nothing. It only lets her failures there be counted by themselves (`lockout`), so that strangers who try her
name from elsewhere don't keep her out.
"""

import hashlib
import secrets
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.common.text import normalized_identifier

COOKIE: Final = "imsite_known"
MAX_AGE_S: Final = 365 * 24 * 3600
_SALT: Final = "imsite known browser"
_MAX_CHARS: Final = 512
"""Of a cookie that is worth looking at."""


def known_id(request: HttpRequest | None, login: str) -> str:
    """Return the id of this browser if the person of this name signed in here before, else nothing. No query."""
    value = "" if request is None else request.COOKIES.get(COOKIE, "")
    if not value or len(value) > _MAX_CHARS:
        return ""
    try:
        name, number = signing.loads(value, salt=_SALT, max_age=MAX_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if name == _name(login) else ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this browser be known as one of hers; called where a sign-in is complete."""
    if not known_id(request, user.login):
        value = signing.dumps([_name(user.login), secrets.token_hex(8)], salt=_SALT)
        response.set_cookie(
            COOKIE, value, max_age=MAX_AGE_S, path="/", secure=request.is_secure(), httponly=True, samesite="Lax"
        )


def _name(login: str) -> str:
    return hashlib.sha256(normalized_identifier(login).encode("utf-8", "surrogatepass")).hexdigest()[:32]
