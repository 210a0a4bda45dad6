"""The environment of this process, read here and nowhere else.

Each property states its variable, default, unit and what it trades. Bad values raise SettingError with one clear line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imsite.addresses import DatabaseAddress, outward_address, parse_database_url, parse_node_address
from imsite.errors import SettingError
from imsite.mailing import MailAddress, parse_mail_url
from imsite.phrases import CHINESE, ENGLISH, phrase
from imsite.processors import processes_here

__all__ = ["ROOT", "Environment", "SettingError", "parse_node_address", "read_environment"]

ROOT = Path(__file__).resolve().parent.parent


ROLES = ("ws", "http", "jobs")
PROCESSES_MAX = 64
"""More members of one machine would cost more to keep together than they serve."""


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
    def trusted_proxies(self) -> tuple[str, ...]:
        """`IM_TRUSTED_PROXIES`: comma-separated networks whose word on a client's address is taken (X-Forwarded-For,
        X-Forwarded-Proto, Forwarded). Default `FORWARDED_ALLOW_IPS`, or 127.0.0.0/8,::1; `*` for all, `none`."""
        given = self._list("IM_TRUSTED_PROXIES") or self._list("FORWARDED_ALLOW_IPS") or ["127.0.0.0/8", "::1"]
        return {"none": (), "*": ("0.0.0.0/0", "::/0")}.get(given[0], tuple(given))

    @property
    def edge_knobs(self) -> dict[str, str]:
        """`IM_EDGE`: comma-separated `name=value` of numbers in apps/edge/config.py. Default: as they stand there."""
        return {name.strip(): value.strip() for name, _, value in (k.partition("=") for k in self._list("IM_EDGE"))}

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
    def layer(self) -> str:
        """`IM_LAYER`: channel layer. `slots` (default) is the cluster's; `inprocess` serves one node alone; `postgres`
        and `redis` are the layers of channels-postgres and channels-redis, slower and of use to compare."""
        return self._choice("IM_LAYER", ("slots", "inprocess", "postgres", "redis"))

    @property
    def redis_url(self) -> str:
        """`IM_REDIS_URL`: where Redis is for `IM_LAYER=redis`. Default redis://127.0.0.1:6379/0."""
        return self.values.get("IM_REDIS_URL") or "redis://127.0.0.1:6379/0"

    @property
    def cluster_dir(self) -> Path:
        """`IM_CLUSTER_DIR`: folder of this node's id and log, one per node. Default `cluster/` in the data folder."""
        kept = self.values.get("IM_CLUSTER_DIR")
        return Path(kept).expanduser().resolve() if kept else self.data_dir / "cluster"

    @property
    def cluster_port(self) -> int:
        """`IM_CLUSTER_PORT`: UDP and TCP port where nodes find each other and agree. Default 8002."""
        return self._port("IM_CLUSTER_PORT", 8002)

    @property
    def cluster_data_port(self) -> int:
        """`IM_CLUSTER_DATA_PORT`: TCP port where nodes hand each other messages to deliver. Default 8003."""
        return self._port("IM_CLUSTER_DATA_PORT", 8003)

    @property
    def cluster_host(self) -> str:
        """`IM_CLUSTER_HOST`: address to listen on for other nodes. Default `IM_HOST`."""
        return self.values.get("IM_CLUSTER_HOST") or self.bind_host

    @property
    def cluster_advertise(self) -> str:
        """`IM_CLUSTER_ADVERTISE`: address that other nodes reach this one by. Default `IM_CLUSTER_HOST`, or where that
        is any address the one of the default route."""
        host = self.values.get("IM_CLUSTER_ADVERTISE") or self.cluster_host
        family = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}.get(host)  # noqa: S104 - compared, not bound
        return host if family is None else outward_address(family)

    @property
    def cluster_keys(self) -> tuple[str, ...]:
        """`IM_CLUSTER_KEYS`: comma-separated secrets shared by the nodes; the first seals, all open, so that keys can
        be changed one node after the other. Default: one derived from `IM_SECRET_KEY`, which nodes share anyway."""
        derived = hashlib.sha256(b"imsite cluster key" + self.secret_key.encode()).hexdigest
        return tuple(self._list("IM_CLUSTER_KEYS")) or (derived(),)

    @property
    def cluster_expect(self) -> int:
        """`IM_CLUSTER_EXPECT`: how many fresh nodes form a cluster together, all started with the same number. Default
        1, or 0 (only join) where `IM_CLUSTER_JOIN` is set. More than half of the nodes ever started together."""
        default = 0 if self.values.get("IM_CLUSTER_JOIN") else 1
        return self._number("IM_CLUSTER_EXPECT", default, most=5)

    @property
    def cluster_join(self) -> tuple[tuple[str, int], ...]:
        """`IM_CLUSTER_JOIN`: comma-separated HOST:PORT of other nodes' cluster ports; one that answers is enough."""
        return tuple(parse_node_address(text) for text in self._list("IM_CLUSTER_JOIN"))

    @property
    def cluster_id(self) -> str:
        """`IM_CLUSTER_ID`: name of the cluster to form or join, refused by nodes of any other. Default: made up."""
        text = self.values.get("IM_CLUSTER_ID", "")
        if not re.fullmatch(r"[A-Za-z0-9._-]{0,64}", text):
            raise SettingError(
                phrase(
                    "IM_CLUSTER_ID must be at most 64 letters, digits, dots, dashes and underscores, not {text!r}",
                    text=text,
                )
            )
        return text

    @property
    def node_name(self) -> str:
        """`IM_NODE_NAME`: what people call this node. Default: the machine's name."""
        return (self.values.get("IM_NODE_NAME") or socket.gethostname() or "node")[:64]

    @property
    def node_weight(self) -> int:
        """`IM_NODE_WEIGHT`: this node's share of the slots beside others'. Default 100; 0: none while others can."""
        return self._number("IM_NODE_WEIGHT", 100, most=10_000)

    @property
    def node_processes(self) -> int:
        """`IM_NODE_PROCESSES`: processes of a node, 1 to 64, or `auto` (default): one per processor this program may
        use, from 2 to 8. Each takes some 45 MB, its connections to the database, and its share of the sessions."""
        text = self.values.get("IM_NODE_PROCESSES") or "auto"
        if text != "auto" and not (text.isdigit() and 1 <= int(text) <= PROCESSES_MAX):
            raise SettingError(
                phrase(
                    "IM_NODE_PROCESSES must be auto or a number from 1 to {most}, not {text!r}",
                    most=PROCESSES_MAX,
                    text=text,
                )
            )
        return processes_here() if text == "auto" else int(text)

    @property
    def node_roles(self) -> tuple[str, ...]:
        """`IM_NODE_ROLES`: what a node does, of `ws` (sessions), `http` (pages, REST, admin) and `jobs`, separated by
        commas. Default: all, and of several processes the first alone has `http` and `jobs`."""
        given = self._list("IM_NODE_ROLES")
        if not set(given) <= set(ROLES):
            raise SettingError(
                phrase(
                    "IM_NODE_ROLES must be some of {choices}, separated by commas, not {text!r}",
                    choices=", ".join(ROLES),
                    text=self.values["IM_NODE_ROLES"],
                )
            )
        return tuple(role for role in ROLES if role in given)

    @property
    def jobs(self) -> bool:
        """`IM_JOBS`: `on` (default), or `off` for a copy that must do nothing by itself (docs/operation.md, Jobs)."""
        return self._choice("IM_JOBS", ("on", "off")) == "on"

    @property
    def probe_port(self) -> int:
        """`IM_PROBE_PORT`: where the first of several processes has `/readyz`, `/metrics`, others +10. Default 8004."""
        return self._port("IM_PROBE_PORT", 8004)

    @property
    def metrics(self) -> bool:
        """`IM_METRICS`: `on` (default), or `off` to measure nothing, which saves less than 2 % per message."""
        return self._choice("IM_METRICS", ("on", "off")) == "on"

    @property
    def metrics_otlp(self) -> str:
        """`IM_METRICS_OTLP`: OTLP address (http://HOST:4318/v1/metrics) of a collector to push to. Default: none."""
        url = self.values.get("IM_METRICS_OTLP", "")
        if url and not re.fullmatch(r"https?://[^/\s]+\S*", url):
            raise SettingError(phrase("IM_METRICS_OTLP must begin with http:// or https://, not {text!r}", text=url))
        return url

    @property
    def metrics_statsd(self) -> tuple[str, int] | None:
        """`IM_METRICS_STATSD`: HOST:PORT of a StatsD server, with tags, to push to by UDP. Default: none."""
        text = self.values.get("IM_METRICS_STATSD")
        if not text:
            return None
        try:
            return parse_node_address(text)
        except SettingError as error:
            raise SettingError(phrase("IM_METRICS_STATSD must be HOST:PORT, not {text!r}", text=text)) from error

    @property
    def metrics_push_s(self) -> int:
        """`IM_METRICS_PUSH_S`: seconds between two pushes, 1 to 3600. Default 15; fewer show more and cost more."""
        return max(1, self._number("IM_METRICS_PUSH_S", 15, most=3600))

    @property
    def metrics_token(self) -> str:
        """`IM_METRICS_TOKEN`: whoever shows it reads `/metrics` from anywhere. Default none: only this machine may."""
        return self.values.get("IM_METRICS_TOKEN", "")

    @property
    def mail(self) -> MailAddress | None:
        """`IM_EMAIL_URL`: the mail server, see `imsite.mailing`. Default none: administrators reset passwords."""
        return parse_mail_url(self.values.get("IM_EMAIL_URL", ""))

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

    def _number(self, name: str, default: int, *, most: int) -> int:
        text = self.values.get(name) or str(default)
        if not text.isdigit() or int(text) > most:
            raise SettingError(
                phrase("{name} must be a number from 0 to {most}, not {text!r}", name=name, most=most, text=text)
            )
        return int(text)

    def _choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.values.get(name) or choices[0]
        if text not in choices:
            raise SettingError(
                phrase(
                    "{name} must be one of {choices}, not {text!r}", name=name, choices=", ".join(choices), text=text
                )
            )
        return text

    def _list(self, name: str) -> list[str]:
        return [part.strip() for part in self.values.get(name, "").split(",") if part.strip()]


def read_environment() -> Environment:
    """Return the environment of this process."""
    return Environment(os.environ)
