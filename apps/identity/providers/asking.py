"""Asking other parties over HTTP: a bounded time, a bounded answer, no redirects, and no address of the link itself.

Who administers a tenant names the addresses. So that nothing of a cloud's metadata service can be asked, addresses of
the link (RFC 3927, RFC 4291 §2.5.6), of groups and of nobody are refused; those of the machine and of the company's
network are not, because a company's own provider is there.
"""

import ipaddress
import json
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import requests

TIMEOUT_S: Final = 8.0
"""For the connection, and for each wait; then the sign-in fails."""
MAX_ANSWER_BYTES: Final = 1024 * 1024
"""A longer answer is refused."""
CHUNK_BYTES: Final = 64 * 1024


class Unaskable(requests.RequestException):
    """The address must not be asked, or answered too much."""


class BoundedSession(requests.Session):
    """A session of `requests` that gives up in time. It believes no proxy and no password of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Ask, and return the answer with its whole body. Raises requests.RequestException."""
        refuse_link_addresses(str(url))
        kwargs |= {"timeout": TIMEOUT_S, "allow_redirects": False, "stream": True}
        response = super().request(method, url, **kwargs)
        if response.is_redirect:
            raise Unaskable(f"{urlsplit(str(url)).hostname} answers with a redirect")
        body = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                response.close()
                raise Unaskable(f"{urlsplit(str(url)).hostname} answers more than {MAX_ANSWER_BYTES} bytes")
        response._content = bytes(body)
        return response


def refuse_link_addresses(url: str) -> None:
    """Raise Unaskable for an address that nobody's provider has."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unaskable("no address to ask")
    try:
        found = socket.getaddrinfo(parts.hostname, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Unaskable(f"{parts.hostname} is not known") from error
    for *_rest, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise Unaskable(f"{parts.hostname} must not be asked")


def json_of(response: requests.Response) -> dict[str, Any]:
    """Return the object that an answer is. Raises requests.RequestException for a refusal or anything else."""
    response.raise_for_status()
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise Unaskable("the answer is no JSON") from error
    if not isinstance(found, dict):
        raise Unaskable("the answer is no object")
    return found
