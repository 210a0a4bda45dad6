"""Addresses that a sign-in may lead back to: which may be registered, and which of them a request names. Pure.

A request has to name one exactly as it was registered, letter by letter (RFC 9700 §2.1): nothing is compared by its
parts, so nothing can be smuggled in between them. The one exception is the port of a loopback address, which a program
gets from its system at the moment it needs one (RFC 8252 §7.3).
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

MAX_ADDRESS_CHARS: Final = 2000
"""Of one address; a longer one is refused."""
MAX_ADDRESSES: Final = 20
"""Of one application; more are refused."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
LOCAL: Final = LOOPBACK | {"localhost"}
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=%]+")
"""What RFC 3986 lets an address have, without `#` and without `*`, which elsewhere stands for anything."""
_DOTS: Final = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
"""Steps within a path that would lead out of it."""


def fault_of(address: str) -> str:
    """Return why this address may not be registered, in words for people; nothing where it may."""
    if len(address) > MAX_ADDRESS_CHARS:
        return _("is longer than %(count)s characters") % {"count": MAX_ADDRESS_CHARS}
    parts = _split(address)
    if parts is None or not parts.hostname or _CHARACTERS.fullmatch(address) is None:
        return _("is no web address; wildcards and fragments (#…) have no place in it")
    if "@" in parts.netloc:
        return _("names a user")
    if _DOTS.search(parts.path):
        return _("has a path with dots that lead elsewhere")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        return _("begins neither with https:// nor with http:// and this very machine (127.0.0.1, [::1], localhost)")
    return ""


def matches(address: str, registered: Iterable[str]) -> bool:
    """Tell whether an address that a request names is one of those registered."""
    known = tuple(registered)
    return address in known or any(_is_same_loopback(address, other) for other in known)


def is_loopback(address: str) -> bool:
    """Tell whether the address leads to whatever listens on the person's own machine."""
    parts = _split(address)
    return parts is not None and parts.hostname in LOCAL


def is_own_callback(address: str, *, path: str, host: str, secure: bool, allowed_origins: Iterable[str] = ()) -> bool:
    """Tell whether the address is this path on this very host, or on one of our own origins.

    A request that came over TLS may not send its code over plain HTTP; the other way round is a proxy ending TLS.
    """
    parts = _split(address)
    if parts is None or parts.path != path or parts.query or parts.fragment or "@" in parts.netloc:
        return False
    if f"{parts.scheme}://{parts.netloc}" in allowed_origins:
        return True
    return bool(host) and parts.netloc == host and parts.scheme in ({"https"} if secure else {"http", "https"})


def _is_same_loopback(address: str, registered: str) -> bool:
    one, other = _split(address), _split(registered)
    if one is None or other is None or fault_of(address):
        return False
    if one.hostname not in LOOPBACK or (one.scheme, other.scheme) != ("http", "http"):
        return False
    return (one.hostname, one.path, one.query) == (other.hostname, other.path, other.query)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        # A port that is no number shows only when it is asked for.
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None
