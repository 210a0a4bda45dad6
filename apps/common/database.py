"""Where Django's database is, for the connections that the event loop makes itself, and how long those wait.

Connecting is their owners' business: each knows what it prepares, and what it does when the database is away.
"""

from typing import Any, Final

from django.db import connections
from psycopg.conninfo import make_conninfo

CONNECT_TIMEOUT_S: Final = 5
NETWORK: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How soon (in s; the last in ms) a connection notices that the network or the server's machine is gone."""
STATEMENT_TIMEOUT_MS: Final = 8_000
"""A statement that waits longer (for a lock, mostly) gives up; below the time a sender waits for her ack."""

_DJANGO_ONLY_OPTIONS: Final = frozenset({"pool", "isolation_level", "server_side_binding", "assume_role"})


def conninfo(using: str = "default") -> str:
    """Return the libpq connection string of Django's database, which during tests is the test database."""
    settings = connections[using].settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name not in _DJANGO_ONLY_OPTIONS}
    parts = {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "dbname": settings["NAME"],
    }
    return make_conninfo("", **{name: value for name, value in parts.items() if value}, **options)
