"""Where sessions connect to: WebSocket addresses, taken apart once.

Pure.
"""

from urllib.parse import urlsplit

import msgspec

from apps.loadtest.errors import AddressInvalid


class Target(msgspec.Struct, frozen=True):
    """One address. `authority` is host and port as in the Host header."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Take apart `ws://host[:port]/path` or `wss://…`. Raises AddressInvalid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressInvalid(url=url) from error
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise AddressInvalid(url=url)
    secure = parts.scheme == "wss"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port or (443 if secure else 80), path, secure)


def is_loopback(target: Target) -> bool:
    """Tell whether any address of 127.0.0.0/8 reaches it, so that connections may come from many of them."""
    return target.host == "localhost" or target.host.startswith("127.")
