"""What a session's sign-in costs: the batches of the gateway, in process, against one at a time through Django's ORM.

    python -m benchmarks.signin [--seconds 5] [--users 20000] [--rate 1500] [--json] [--output FILE]

Uses DATABASE_URL (a database of its own is made there and dropped), or else starts an embedded PostgreSQL at default
durability. No sockets: the figures are those of the token and the terminal, checked and confirmed, and of what changed,
which is what a sign-in adds to a connection. The baseline is what the gateway did before: the same checks, without the
confirmation, one sign-in at a time in four threads.
`rush` keeps so many sign-ins waiting at any time; `paced` begins them at even intervals.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.prod"

from benchmarks._database import database_server, fresh_database  # noqa: E402

DATABASE = "imsite_bench_signin"
CONVERSATIONS_EACH = 20
CHANGED_PERCENT = 5
WAITING = (1, 64, 1024)
TARGET_CPU_US, TARGET_RATE = 250, 1_500

SignInOnce = Callable[[int], Awaitable[None]]


def make_people(users: int) -> int:
    """Make users with a token and conversations of a size of ten; return the time after which some of them changed."""
    from datetime import timedelta

    from django.utils import timezone

    from apps.accounts.models import User
    from apps.common.clock import to_ms
    from apps.conversations.models import Conversation, Member
    from apps.messaging.models import Log
    from apps.tenants.models import Tenant

    now = timezone.now()
    long_ago = now - timedelta(days=1)
    tenant = Tenant.objects.create(slug="bench", name="Bench")
    people = User.objects.for_tenant(tenant.id).bulk_create(
        (User(tenant=tenant, username=f"u{i}", login=f"u{i}@bench", display_name=f"U {i}") for i in range(users)),
        batch_size=2000,
    )
    rooms = Conversation.objects.for_tenant(tenant.id).bulk_create(
        (
            Conversation(tenant=tenant, kind="group", title=f"R {i}", created_by=people[0], member_count=10)
            for i in range(users * CONVERSATIONS_EACH // 10)
        ),
        batch_size=2000,
    )
    Log.objects.for_tenant(tenant.id).bulk_create(
        (
            Log(
                tenant=tenant,
                conversation=room,
                max_seq=0,
                last_event_at=now if place % 100 < CHANGED_PERCENT else long_ago,
            )
            for place, room in enumerate(rooms)
        ),
        batch_size=2000,
    )
    Member.objects.for_tenant(tenant.id).bulk_create(
        (
            Member(tenant=tenant, conversation=room, user=people[(place * 7 + seat * 101) % users])
            for place, room in enumerate(rooms)
            for seat in range(10)
        ),
        batch_size=5000,
        ignore_conflicts=True,
    )
    make_tokens([user.id for user in people])
    return to_ms(now) + 60_000


def make_tokens(users: list[UUID]) -> None:
    """Issue a token to each user, as the token endpoint stores them."""
    from datetime import timedelta

    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model, set_token_value

    model = get_access_token_model()
    expires = timezone.now() + timedelta(hours=1)
    rows = [model(user_id=user, expires=expires, scope="im") for user in users]
    for number, row in enumerate(rows):
        set_token_value(row, token_of(number))
    model.objects.bulk_create(rows, batch_size=2000)


def token_of(number: int) -> str:
    """The token of a user."""
    return f"bench-token-{number:08d}-of-the-usual-length"


class Orm:
    """One sign-in at a time per thread: token, user and tenant in one query, the terminal in a transaction."""

    def __init__(self) -> None:
        from channels.db import database_sync_to_async

        self._threads = ThreadPoolExecutor(4, "sign-in")
        self._check = database_sync_to_async(self._check_in, thread_sensitive=False, executor=self._threads)

    async def sign_in(self, number: int, terminal: UUID) -> None:
        """Check one."""
        await self._check(token_of(number), terminal)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    @staticmethod
    def _check_in(token: str, terminal_id: UUID) -> None:
        from django.db import transaction

        from apps.accounts.models import Terminal
        from apps.accounts.services.tokens import user_for_token

        user, _expires_ms = user_for_token(token)
        with transaction.atomic():
            terminal = Terminal.unscoped.filter(pk=terminal_id).first()
        if terminal is None or terminal.user_id != user.id:
            raise RuntimeError("the terminal is not there")


def summarise(latencies_ms: list[float], wall_s: float, cpu_s: float, **fields: Any) -> dict[str, Any]:
    """Rate, cost and latencies of one measurement."""
    ordered = sorted(latencies_ms)
    return {
        **fields,
        "per_s": round(len(ordered) / wall_s),
        "node_cpu_us": round(cpu_s / len(ordered) * 1e6, 1),
        "p50_ms": round(statistics.median(ordered), 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
    }


async def rush(once: SignInOnce, *, waiting: int, seconds: float, limit: int) -> dict[str, Any]:
    """So many callers, each at once with the next: for the time given, or until each user came once."""
    latencies_ms: list[float] = []
    numbers = count()
    begin, begin_cpu = time.perf_counter(), time.process_time()

    async def call() -> None:
        while (at := time.perf_counter()) < begin + seconds and (number := next(numbers)) < limit:
            await once(number)
            latencies_ms.append((time.perf_counter() - at) * 1000)

    await asyncio.gather(*(call() for _ in range(waiting)))
    wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    return summarise(latencies_ms, wall_s, cpu_s, waiting=waiting)


async def paced(once: SignInOnce, *, rate: int, seconds: float, users: int) -> dict[str, Any]:
    """Sign-ins begun at even intervals, answered or not."""
    latencies_ms: list[float] = []
    begin, begin_cpu = time.perf_counter(), time.process_time()

    async def call(number: int) -> None:
        at = time.perf_counter()
        await once(number % users)
        latencies_ms.append((time.perf_counter() - at) * 1000)

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            if (pause := begin + number / rate - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            tasks.create_task(call(number))
    wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    return summarise(latencies_ms, wall_s, cpu_s, rate=rate)


async def measure_gateway(arguments: argparse.Namespace, since_ms: int) -> list[dict[str, Any]]:
    """Through the gateway's own services."""
    from apps.gateway.dispatch import Dispatcher
    from apps.gateway.session import Identity
    from apps.messaging import runtime
    from apps.wire.frames import SignIn
    from apps.wire.ids import TerminalId

    await runtime.start()
    dispatcher = Dispatcher()
    users, seconds = arguments.users, arguments.seconds
    terminals = [uuid4() for _ in range(users)]

    async def come(place: int, terminal: UUID) -> Identity:
        frame = SignIn(token=token_of(place), terminal=TerminalId(terminal), platform="linux", name="Bench")
        identity, _language = await dispatcher.sign_in(frame)
        await dispatcher.confirm(frame)
        return identity

    async def fresh(number: int) -> None:
        await come(number, uuid4())

    async def known(number: int) -> None:
        await come(number % users, terminals[number % users])

    async def resumed(number: int) -> None:
        identity = await come(number % users, terminals[number % users])
        await dispatcher.changed_since(identity, since_ms)

    rows = [{"what": "first sign-in of a terminal", **await rush(fresh, waiting=1024, seconds=seconds, limit=users)}]
    await rush(known, waiting=1024, seconds=600, limit=users)  # makes every terminal known
    for what, once in (("known terminal", known), ("known terminal, with `since`", resumed)):
        for waiting in WAITING:
            rows.append({"what": what, **await rush(once, waiting=waiting, seconds=seconds, limit=1 << 40)})
        rows.append({"what": what, **await paced(once, rate=arguments.rate, seconds=seconds, users=users)})
    orm = Orm()

    async def through_orm(number: int) -> None:
        await orm.sign_in(number % users, terminals[number % users])

    for waiting in (1, 64):
        row = await rush(through_orm, waiting=waiting, seconds=seconds, limit=1 << 40)
        rows.append({"what": "known terminal, ORM in threads", **row})
    orm.close()
    await dispatcher.close()
    await runtime.stop()
    return rows


def judge(rows: list[dict[str, Any]], rate: int) -> dict[str, Any]:
    """Hold the paced sign-ins against the target, and name the gain over the ORM."""
    by_orm = min(row["node_cpu_us"] for row in rows if row["what"].endswith("threads"))
    at_rate = {row["what"]: row["node_cpu_us"] for row in rows if row.get("rate") == rate}
    rates = [row["per_s"] for row in rows if row.get("waiting") == max(WAITING)]
    return {
        "needs_cpu_us": TARGET_CPU_US,
        "needs_per_s": TARGET_RATE,
        "cpu_us_at_rate": at_rate,
        "times_less_cpu_than_orm": {what: round(by_orm / cost, 1) for what, cost in at_rate.items()},
        "met": max(at_rate.values()) <= TARGET_CPU_US and min(rates) >= TARGET_RATE,
    }


def measure(url: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run everything once."""
    load_before = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # Windows has none
    since_ms = make_people(arguments.users)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        version = connection.execute("SHOW server_version").fetchone()
        durability = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous_commit = durability.fetchone() or ("", "")
    gc.freeze()
    rows = uvloop.run(measure_gateway(arguments, since_ms))
    return {
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "load_before": round(load_before, 1),
        },
        "database": {"version": version and version[0], "fsync": fsync, "synchronous_commit": synchronous_commit},
        "users": arguments.users,
        "conversations_each": CONVERSATIONS_EACH,
        "changed_percent": CHANGED_PERCENT,
        "seconds": arguments.seconds,
        "rows": rows,
        "target": judge(rows, arguments.rate),
    }


def print_table(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"{'what':<34}{'load':>14}{'per s':>9}{'CPU us':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for row in result["rows"]:
        load = f"{row['rate']}/s" if "rate" in row else f"{row['waiting']} waiting"
        print(
            f"{row['what']:<34}{load:>14}{row['per_s']:>9}{row['node_cpu_us']:>9}{row['p50_ms']:>9}{row['p99_ms']:>9}"
        )
    print("target:", json.dumps(result["target"]))


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=TARGET_RATE, help="sign-ins per second of the paced ones")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "signin.json")
    arguments = parser.parse_args()
    with database_server() as server_url, fresh_database(server_url, DATABASE) as url:
        result = measure(url, arguments)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
