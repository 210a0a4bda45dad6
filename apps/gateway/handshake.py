"""What the gateway reads of the HTTP request that opens a socket: origin, language, address. Nothing of it is kept."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

Headers = Iterable[tuple[bytes, bytes]]


def header(headers: Headers, name: bytes) -> str:
    """Return the first header of this (lower-case) name, "" when there is none."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def origin_is_allowed(headers: Headers, allowed: Sequence[str]) -> bool:
    """Tell whether a page of this origin may open a socket. Programs send no origin and may.

    `allowed` holds origins (`https://chat.example.com`), host names, or `*`. When it is empty the page must come from
    the host it connects to; the port may differ, since pages and sockets have their own.
    """
    origin = header(headers, b"origin")
    if not origin:
        return True
    host = _host_name(origin)
    if not allowed:
        return host != "" and host == _host_name(f"//{header(headers, b'host')}")
    return any(entry == "*" or entry.lower() in {origin.lower(), host} for entry in allowed)


def language_of(headers: Headers) -> str:
    """Return the first language of Accept-Language that this installation speaks, else its own."""
    for code, _weight in parse_accept_lang_header(header(headers, b"accept-language")):
        if code != "*":
            try:
                return get_supported_language_variant(code)
            except LookupError:
                continue
    return settings.LANGUAGE_CODE


def _host_name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def address_of(scope: Mapping[str, Any]) -> str:
    """Return the address of the peer, "" when it is none of a network. What headers claim is the server's matter."""
    host = (scope.get("client") or ("",))[0] or ""
    try:
        return str(ip_address(str(host)))
    except ValueError:
        return ""
