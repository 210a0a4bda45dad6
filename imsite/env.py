"""The environment of this process, read here and nowhere else.

Each property states its variable, default, unit and what it trades. Bad values raise SettingError with one clear line.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from imsite.phrases import CHINESE, ENGLISH, phrase

ROOT = Path(__file__).resolve().parent.parent


class SettingError(ValueError):
    """An environment variable has a value that can't be used; the text says which and what to do."""


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


@dataclass(frozen=True)
class Environment:
    """Typed view of the process environment."""

    values: Mapping[str, str]

    @property
    def data_dir(self) -> Path:
        """`IM_DATA_DIR`: folder of the embedded database, demo logins and secrets. Default `data/` beside manage.py."""
        return Path(self.values.get("IM_DATA_DIR") or ROOT / "data").expanduser().resolve()

    @property
    def http_port(self) -> int:
        """`IM_HTTP_PORT`: port of pages, REST and admin. Default 8000."""
        return self._port("IM_HTTP_PORT", 8000)

    @property
    def ws_port(self) -> int:
        """`IM_WS_PORT`: port of WebSocket sessions. Default 8001."""
        return self._port("IM_WS_PORT", 8001)

    @property
    def bind_host(self) -> str:
        """`IM_HOST`: address to listen on. Default 127.0.0.1; `0.0.0.0` serves other machines."""
        return self.values.get("IM_HOST") or "127.0.0.1"

    @property
    def public_ws_url(self) -> str:
        """`IM_PUBLIC_WS_URL`: WebSocket address that browsers use, where a proxy stands in front. Default: derived."""
        return self.values.get("IM_PUBLIC_WS_URL", "")

    @property
    def allowed_hosts(self) -> list[str]:
        """`IM_ALLOWED_HOSTS`: comma-separated host names this installation answers to. Default: any."""
        return self._list("IM_ALLOWED_HOSTS") or ["*"]

    @property
    def allowed_origins(self) -> list[str]:
        """`IM_ALLOWED_ORIGINS`: comma-separated web origins that may open sockets, post forms. Default: same host."""
        return self._list("IM_ALLOWED_ORIGINS")

    @property
    def tls_only(self) -> bool:
        """Whether every one of `IM_ALLOWED_ORIGINS` is https: then browsers send cookies over TLS alone."""
        return bool(self.allowed_origins) and all(origin.startswith("https://") for origin in self.allowed_origins)

    @property
    def database(self) -> DatabaseAddress:
        """`DATABASE_URL`, or else the embedded PostgreSQL that `manage.py up` runs from the data folder."""
        return parse_database_url(self.database_url) if self.database_url else self._embedded()

    @property
    def database_url(self) -> str:
        """`DATABASE_URL`: a PostgreSQL of your own. Empty: `manage.py up` runs the embedded one."""
        return self.values.get("DATABASE_URL", "")

    @property
    def virtual_environment(self) -> Path | None:
        """`IM_VENV`: folder of the packages, default `.venv`. None for `none`: the running Python has them."""
        text = self.values.get("IM_VENV") or ".venv"
        return None if text == "none" else ROOT / Path(text).expanduser()

    @property
    def test_database(self) -> str:
        """`IM_TEST_DB`: name of the database that tests create. Default `test_` and the database's own name."""
        return self.values.get("IM_TEST_DB") or f"test_{self.database.name}"

    @property
    def secret_key(self) -> str:
        """`IM_SECRET_KEY`, or the one kept in the data folder (made at the first start)."""
        return self.values.get("IM_SECRET_KEY") or self._kept_secret()

    @property
    def log_level(self) -> str:
        """`IM_LOG_LEVEL`: DEBUG, INFO, WARNING or ERROR. Default INFO."""
        return (self.values.get("IM_LOG_LEVEL") or "INFO").upper()

    @property
    def operator_language(self) -> str:
        """`LC_ALL`, `LC_MESSAGES`, `LANGUAGE`, `LANG`: the first that is set. `zh…` is Chinese, all others English."""
        names = ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG")
        chosen = next((self.values[name] for name in names if self.values.get(name)), "")
        return CHINESE if re.match("zh(?![a-z])", chosen, re.IGNORECASE) else ENGLISH

    def _embedded(self) -> DatabaseAddress:
        path = self.data_dir / "postgres.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return DatabaseAddress("127.0.0.1", int(kept["port"]), kept["user"], kept["password"], kept["database"], {})
        except FileNotFoundError:
            return DatabaseAddress("127.0.0.1", 5432, "imsite", "", "imsite", {})
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise SettingError(
                phrase("{path} can't be read ({error}); move it away to have it made again", path=path, error=error)
            ) from error

    def _kept_secret(self) -> str:
        import secrets

        path = self.data_dir / "secret-key"
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = secrets.token_urlsafe(48)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(fresh)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        return fresh

    def _port(self, name: str, default: int) -> int:
        text = self.values.get(name) or str(default)
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise SettingError(
                phrase("{name} must be a port number from 1 to 65535, not {text!r}", name=name, text=text)
            )
        return int(text)

    def _list(self, name: str) -> list[str]:
        return [part.strip() for part in self.values.get(name, "").split(",") if part.strip()]


def read_environment() -> Environment:
    """Return the environment of this process."""
    return Environment(os.environ)
