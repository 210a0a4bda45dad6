"""Addresses as operators write them: of the database, of other nodes; and the one this machine has towards others.

Standard library only. Not here: where they are written, see `imsite.env`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from imsite.errors import SettingError
from imsite.phrases import phrase


@dataclass(frozen=True)
class DatabaseAddress:
    """Where PostgreSQL listens, and as whom to sign in there."""

    host: str
    port: int
    user: str
    password: str
    name: str
    options: dict[str, str]

    @property
    def conninfo(self) -> str:
        """The libpq connection string, for the plain SQL of the hot path."""
        parts = {
            "host": self.host,
            "port": str(self.port),
            "user": self.user,
            "password": self.password,
            "dbname": self.name,
            **self.options,
        }
        return " ".join(f"{key}='{_quoted(value)}'" for key, value in parts.items() if value)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def parse_database_url(url: str) -> DatabaseAddress:
    """Parse `postgresql://user:password@host:port/name?sslmode=…`. Raises SettingError."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingError(
            phrase("DATABASE_URL must begin with postgresql:// (imsite stores everything in PostgreSQL)")
        )
    name = unquote(parts.path.lstrip("/"))
    try:
        port = parts.port or 5432
    except ValueError as error:
        raise SettingError(phrase("DATABASE_URL has a port that is not a number")) from error
    if not name or not parts.hostname:
        raise SettingError(
            phrase("DATABASE_URL needs a host and a database name: postgresql://user:password@host:5432/imsite")
        )
    return DatabaseAddress(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        name=name,
        options=dict(parse_qsl(parts.query)),
    )


def parse_node_address(text: str) -> tuple[str, int]:
    """Parse `HOST:PORT` or `[HOST]:PORT` of a node's cluster port. Raises SettingError."""
    host, _, port = text.rpartition(":")
    if not host.strip("[]") or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingError(phrase("{text!r} is not the address of a node: write HOST:PORT", text=text))
    return host.strip("[]"), int(port)


OUTWARD = {
    socket.AF_INET: ("192.0.2.1", "127.0.0.1"),
    socket.AF_INET6: ("2001:db8::1", "::1"),
}
"""Of each kind: an address that is nowhere, but on the default route, and the one of this machine for itself."""


def outward_address(family: socket.AddressFamily = socket.AF_INET) -> str:
    """The address of a kind that this machine has towards others; its loopback address where it has no route."""
    nowhere, loopback = OUTWARD[family]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((nowhere, 9))  # connecting a datagram socket chooses a route and sends nothing
        except OSError:
            return loopback
        return str(probe.getsockname()[0])
