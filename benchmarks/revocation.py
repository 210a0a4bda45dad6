"""How soon a lost terminal is shut out, and what looking at a token costs the database when a socket opens.

    python -m benchmarks.revocation [--rounds 100] [--tokens 100000] [--json] [--output FILE]

`closing`: two real nodes of a cluster; a terminal signs in at one, and is revoked over REST at the other. From the
request to the close at the socket, and from `revoked_at`, which is taken before the transaction, to the close: that
covers the commit, the way to the other node and the close. Likewise a person and a whole tenant that are suspended.
`opening`: the statement that checks token and terminal, by `EXPLAIN ANALYZE`, so without the way to the database, and
by the plan for batches of every size, with which a prepared statement ends up; among so many tokens, each with a
refresh token, a terminal and the chain between them, of a tenant that bounds the terminals of a platform.

Uses DATABASE_URL (databases of its own are made there and dropped), or else starts an embedded PostgreSQL.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.test"

from benchmarks._database import database_server, fresh_database  # noqa: E402

if TYPE_CHECKING:  # it reads Django's settings
    from tests.webclient.browser.two_nodes import Node, TwoNodes

DATABASE = "imsite_bench_revocation"
PROGRAM = "imsite-cli"
PEOPLE = 20
OPENINGS = 500
CLOSED_WITHIN_S = 30
SUSPENDED, ACTIVE = {"status": "suspended"}, {"status": "active"}
TARGET_CLOSE_MS, TARGET_CHECK_MS = 1_000, 1.0


def percentiles(values: list[float]) -> dict[str, float]:
    """Return the median, the 99th percentile and the greatest, to a thousandth."""
    ordered = sorted(values)
    places = {"p50": len(ordered) // 2, "p99": min(len(ordered) - 1, len(ordered) * 99 // 100), "max": -1}
    return {name: round(ordered[place], 3) for name, place in places.items()}


def measure_closing(rounds: int) -> dict[str, Any]:
    """Revoke terminals at one node that are signed in at the other."""
    from tests.webclient.browser.two_nodes import TwoNodes

    with tempfile.TemporaryDirectory(prefix="imsite-bench-") as folder:
        site = TwoNodes(Path(folder), "bench")
        try:
            site.prepare()
            logins = site.take_people(PEOPLE)
            own = [token_of(site, login) for login in logins]
            pairs = [revoke_once(site, logins[n % PEOPLE], own[n % PEOPLE]) for n in range(rounds)]
            root = token_of(site, site.logins["operators"][0])
            person = [suspend_once(site, logins[n % PEOPLE], root, "people") for n in range(rounds)]
            tenant = [suspend_once(site, logins[n % PEOPLE], root, "tenants") for n in range(rounds)]
        finally:
            site.close()
    return {
        "rounds": rounds,
        "from_request_ms": percentiles([request_ms for request_ms, _ in pairs]),
        "from_revoked_at_ms": percentiles([revoked_ms for _, revoked_ms in pairs]),
        "person_from_request_ms": percentiles(person),
        "tenant_from_request_ms": percentiles(tenant),
    }


def token_of(site: "TwoNodes", login: str) -> str:
    """Sign a program in."""
    fields = {"grant_type": "password", "username": login, "password": site.password, "client_id": PROGRAM}
    with urllib.request.urlopen(f"{site.nodes[0].url}/oauth/token/", urlencode(fields).encode(), 30) as answer:
        return str(json.load(answer)["access_token"])


def revoke_once(site: "TwoNodes", login: str, own_token: str) -> tuple[float, float]:
    """Sign a terminal in at the first node and revoke it at the second; return how long both took, in ms."""
    second = site.nodes[1]
    terminal = str(uuid4())
    with signed_in(site, login, terminal) as (socket, _welcome):
        begun_s = time.time()
        ask(second, "DELETE", f"me/terminals/{terminal}", own_token)
        closed_s = end_of(socket)
    with psycopg.connect(site.conninfo) as connection:
        row = connection.execute("SELECT revoked_at FROM accounts_terminal WHERE id = %s", (terminal,)).fetchone()
    if row is None:
        raise RuntimeError("the terminal is not there")
    return (closed_s - begun_s) * 1000, (closed_s - row[0].timestamp()) * 1000


def suspend_once(site: "TwoNodes", login: str, root: str, kind: str) -> float:
    """Sign somebody in at the first node, suspend her or her tenant at the second, take it back; return ms."""
    second = site.nodes[1]
    off, on = ({"is_active": False}, {"is_active": True}) if kind == "people" else (SUSPENDED, ACTIVE)
    with signed_in(site, login, str(uuid4())) as (socket, welcome):
        path = f"{kind}/{welcome['user' if kind == 'people' else 'tenant']}/status"
        begun_s = time.time()
        ask(second, "PUT", path, root, off)
        closed_s = end_of(socket)
    ask(second, "PUT", path, root, on)
    return (closed_s - begun_s) * 1000


@contextmanager
def signed_in(site: "TwoNodes", login: str, terminal: str) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
    """A socket of somebody at the first node, and its welcome."""
    frame = {"op": "sign_in", "token": token_of(site, login), "terminal": terminal, "platform": "linux"}
    with connect(site.nodes[0].ws_url) as socket:
        socket.send(json.dumps(frame))
        welcome = json.loads(socket.recv(CLOSED_WITHIN_S))
        if welcome["op"] != "welcome":
            raise RuntimeError(f"the terminal was not let in: {welcome}")
        yield socket, welcome


def ask(node: "Node", method: str, path: str, token: str, body: dict[str, Any] | None = None) -> None:
    """Make a request over REST. Raises HTTPError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{node.url}/api/v1/{path}", data, method=method)
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=CLOSED_WITHIN_S).close()


def end_of(socket: ClientConnection) -> float:
    """Wait until the other side closes; return when it did."""
    try:
        while True:
            socket.recv(CLOSED_WITHIN_S)
    except ConnectionClosed:
        return time.time()


def measure_opening(url: str, tokens: int) -> dict[str, Any]:
    """Check tokens and terminals, one at a time, at random places among many."""
    from apps.accounts.services.sign_in_statements import CHECK

    checksums = make_sign_ins(tokens)
    step = max(1, tokens // OPENINGS)
    planning: list[float] = []
    execution: list[float] = []
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        first, *rest = CHECK.split("%s")
        numbered = "".join(f"${place}{part}" for place, part in enumerate(rest, start=1))
        connection.execute(f"PREPARE looked_up AS {first}{numbered}")
        for checksum, terminal in checksums[::step]:
            parameters = ([checksum], [terminal], ["web"])
            planning.append(
                explained(connection, f"EXPLAIN (SUMMARY, FORMAT JSON) {CHECK}", parameters)["Planning Time"]
            )
            execute = "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE looked_up(%s, %s, %s)"
            execution.append(explained(connection, execute, parameters)["Execution Time"])
    return {
        "tokens": tokens,
        "openings": len(execution),
        "execution_ms": percentiles(execution),
        "planning_ms": percentiles(planning),
    }


def explained(connection: "psycopg.Connection[Any]", statement: str, parameters: tuple[Any, ...]) -> dict[str, Any]:
    """Return what the planner says of a statement."""
    row = connection.execute(statement, parameters).fetchone()
    return dict(row[0][0]) if row else {}


def make_sign_ins(count: int) -> list[tuple[str, UUID]]:
    """Make people of a tenant that bounds terminals, each signed in once; return checksums and terminals."""
    from datetime import timedelta

    from django.utils import timezone
    from oauth2_provider.models import (
        get_access_token_model,
        get_application_model,
        get_refresh_token_model,
        set_token_value,
    )

    from apps.accounts.models import Terminal, TerminalToken, User
    from apps.accounts.services import ensure_applications
    from apps.accounts.services.tokens import checksum_of
    from apps.tenants.models import Tenant

    ensure_applications()
    now, size = timezone.now(), 2_000
    program = get_application_model().objects.get(client_id=PROGRAM)
    tenant = Tenant.objects.create(slug="bench", name="Bench", settings={"terminals": {"per_platform": {"web": 3}}})
    people = [User(tenant=tenant, username=f"u{n}", login=f"u{n}@bench", display_name=f"U {n}") for n in range(count)]
    User.unscoped.bulk_create(people, batch_size=size)
    terminals = [Terminal(id=uuid4(), tenant=tenant, user=user, platform="web", last_seen_at=now) for user in people]
    Terminal.unscoped.bulk_create(terminals, batch_size=size)
    access_model, refresh_model = get_access_token_model(), get_refresh_token_model()
    expires = now + timedelta(hours=1)
    access = [access_model(user=user, application=program, scope="im", expires=expires) for user in people]
    for place, token in enumerate(access):
        set_token_value(token, f"token {place}")
    access_model.objects.bulk_create(access, batch_size=size)
    families = [uuid4() for _ in people]
    refresh = [
        refresh_model(user=user, application=program, access_token=token, token_family=family)
        for user, token, family in zip(people, access, families, strict=True)
    ]
    for place, token in enumerate(refresh):
        set_token_value(token, f"refresh {place}")
    refresh_model.objects.bulk_create(refresh, batch_size=size)
    links = (
        TerminalToken(tenant=tenant, terminal=terminal, token_family=family)
        for terminal, family in zip(terminals, families, strict=True)
    )
    TerminalToken.unscoped.bulk_create(links, batch_size=size)
    return [(checksum_of(f"token {place}"), terminal.id) for place, terminal in enumerate(terminals)]


def print_table(result: dict[str, Any]) -> None:
    """Print the figures for people."""
    closing, opening = result["closing"], result["opening"]
    for title, row in (
        (f"close at the other node, from the request, ms (n={closing['rounds']})", closing["from_request_ms"]),
        ("close at the other node, from revoked_at, ms", closing["from_revoked_at_ms"]),
        ("a person suspended: close at the other node, from the request, ms", closing["person_from_request_ms"]),
        ("a tenant suspended: close at the other node, from the request, ms", closing["tenant_from_request_ms"]),
        (f"check of a token among {opening['tokens']}, database ms", opening["execution_ms"]),
        ("planning of that statement, once per connection, ms", opening["planning_ms"]),
    ):
        print(f"{title:64} " + "  ".join(f"{name} {value}" for name, value in row.items()))


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100, help="terminals that are revoked")
    parser.add_argument("--tokens", type=int, default=100_000, help="tokens among which one is looked for")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "revocation.json")
    arguments = parser.parse_args()
    with database_server() as server_url, fresh_database(server_url, DATABASE) as url:
        result = {
            "targets": {"close_ms": TARGET_CLOSE_MS, "check_ms": TARGET_CHECK_MS},
            "closing": measure_closing(arguments.rounds),
            "opening": measure_opening(url, arguments.tokens),
            "machine": {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()},
        }
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
