"""How fast messages become durable: the group commit against single-row commits, in one run, on one database.

    python -m benchmarks.store [--seconds 5] [--rounds 3] [--senders 1 8 64 512] [--output FILE]

Uses DATABASE_URL (a database of its own is made there and dropped), or else starts an embedded PostgreSQL at default
durability. The baseline inserts the same rows, one per transaction, over 8 connections, without lock, membership or
dedupe: once by pgbench, once by async psycopg. The store's senders each wait for their ack before they send again.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.prod"

from benchmarks._database import database_server, fresh_database  # noqa: E402

DATABASE = "imsite_bench_store"
CONVERSATIONS = 64
WAL_FILES = 60
BODY = json.dumps({"text": "x" * 189}, separators=(",", ":")).encode()  # 200 bytes
BASELINE_CONNECTIONS = 8
TARGET_RATIO, TARGET_P99_MS, TARGET_SENDERS = 5.0, 20.0, 512

PGBENCH_SCRIPT = """
INSERT INTO messaging_event
    (conversation_id, seq, tenant_id, message_id, kind, sender_id, created_at, countable, body, digest)
SELECT '{conversation}'::uuid, n, '{tenant}'::uuid, decode(lpad(to_hex(n), 96, '0'), 'hex'), 'text', '{sender}'::uuid,
       now(), true, '\\x{body}'::bytea, '\\x00112233445566778899aabbccddeeff'::bytea
FROM nextval('bench_seq') AS n;
"""

SINGLE_INSERT = """
INSERT INTO messaging_event
    (conversation_id, seq, tenant_id, message_id, kind, sender_id, created_at, countable, body, digest)
VALUES (%s, %s, %s, %s, 'text', %s, now(), true, %s, %s)
"""


PGBENCH = "single rows, pgbench"
People = tuple[UUID, list[UUID], list[UUID], UUID]
"""The tenant, its users, its conversations, and the hot one."""


def make_people(senders: int) -> People:
    """Make a tenant, its users, conversations of eight of them each, and one with everybody."""
    from apps.accounts.models import User
    from apps.common.clock import now_ms, to_datetime
    from apps.conversations.models import Conversation, Member
    from apps.messaging.models import Log
    from apps.tenants.models import Tenant

    tenant = Tenant.objects.create(slug="bench", name="Bench")
    users = User.objects.for_tenant(tenant.id).bulk_create(
        User(tenant=tenant, username=f"u{i}", login=f"u{i}@bench", display_name=f"U {i}")
        for i in range(max(senders, CONVERSATIONS * 2))
    )
    rooms = Conversation.objects.for_tenant(tenant.id).bulk_create(
        Conversation(tenant=tenant, kind="group", title=f"Room {i}", created_by=users[0])
        for i in range(CONVERSATIONS + 1)
    )
    Log.objects.for_tenant(tenant.id).bulk_create(
        Log(tenant=tenant, conversation=room, last_event_at=to_datetime(now_ms())) for room in rooms
    )
    *spread, hot = rooms
    members = [(spread[i % CONVERSATIONS], user) for i, user in enumerate(users)] + [(hot, user) for user in users]
    Member.objects.for_tenant(tenant.id).bulk_create(
        Member(tenant=tenant, conversation=room, user=user) for room, user in members
    )
    return tenant.id, [user.id for user in users], [room.id for room in spread], hot.id


def summarise(latencies_ms: list[float], seconds: float) -> dict[str, Any]:
    """Rate and latencies of one measurement."""
    ordered = sorted(latencies_ms)
    return {
        "rows_per_s": round(len(ordered) / seconds),
        "p50_ms": round(statistics.median(ordered), 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
        "max_ms": round(ordered[-1], 2),
    }


def recycle_wal(url: str) -> bool:
    """Bring the server's write-ahead log into the state of one that has been busy for a while.

    A young server makes each 16 MB file of its log anew: filled with zeroes and synced, some 50 ms in which nothing
    commits. One that has been through a checkpoint under load renames old files instead. False where we may not.
    """
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE bench_wal (value int)")
            for value in range(WAL_FILES):
                connection.execute("INSERT INTO bench_wal VALUES (%s)", (value,))
                connection.execute("SELECT pg_switch_wal()")
            connection.execute("DROP TABLE bench_wal")
            connection.execute("CHECKPOINT")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def run_pgbench(url: str, tenant: UUID, sender: UUID, seconds: int) -> dict[str, Any]:
    """Single-row commits by pgbench itself."""
    from imsite.embedded.binaries import find_program

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS bench_seq")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            PGBENCH_SCRIPT.format(conversation=UUID(int=1), tenant=tenant, sender=sender, body=BODY.hex()).replace(
                "\n", " "
            )
        )
        script.flush()
        command = [str(find_program("pgbench")), "-n", "-M", "prepared", "-c", str(BASELINE_CONNECTIONS), "-j", "2"]
        command += ["-T", str(seconds), "-f", script.name, url]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"tps = ([\d.]+)", output)
    latency = re.search(r"latency average = ([\d.]+)", output)
    if rate is None or latency is None:
        raise RuntimeError(f"pgbench said: {output}")
    # pgbench gives the mean only; single rows are so even that it may stand for the median.
    return {"rows_per_s": round(float(rate[1])), "p50_ms": float(latency[1])}


async def run_single_rows(url: str, tenant: UUID, sender: UUID, seconds: int, turn: int) -> dict[str, Any]:
    """Single-row commits by async psycopg, each connection in a closed loop."""
    latencies_ms: list[float] = []
    until = time.perf_counter() + seconds

    async def commit_rows(number: int) -> None:
        conversation = UUID(int=100 + 10 * turn + number)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=0) as connection:
            seq = 0
            while (begin := time.perf_counter()) < until:
                seq += 1
                message_id = b"s%b%b" % (conversation.bytes[-8:], seq.to_bytes(39, "big"))
                row = (conversation, seq, tenant, message_id, sender, BODY, b"d" * 16)
                await connection.execute(SINGLE_INSERT, row)
                latencies_ms.append((time.perf_counter() - begin) * 1000)

    await asyncio.gather(*(commit_rows(number) for number in range(BASELINE_CONNECTIONS)))
    return summarise(latencies_ms, seconds)


async def run_store(
    url: str, tenant: UUID, users: list[UUID], rooms: list[UUID], *, senders: int, seconds: float
) -> dict[str, Any]:
    """Closed-loop senders through the group commit."""
    from apps.common.clock import now_ms
    from apps.messaging.store.group_commit import GroupCommitStore
    from apps.messaging.store.records import Draft

    store = GroupCommitStore(url)
    await store.start()
    latencies_ms: list[float] = []
    begin_at = time.perf_counter() + 1.0  # the first second warms up
    until = begin_at + seconds

    async def send(number: int) -> None:
        user, room = users[number], rooms[number % len(rooms)]
        prefix = b"\x01" + user.bytes + os.urandom(16)
        sent = 0
        while (begin := time.perf_counter()) < until:
            sent += 1
            message_id = prefix + now_ms().to_bytes(6, "big") + sent.to_bytes(9, "big")
            draft = Draft(tenant, user, room, message_id, "text", BODY)  # type: ignore[arg-type]
            await store.append(draft)
            done = time.perf_counter()
            if begin >= begin_at and done <= until:
                latencies_ms.append((done - begin) * 1000)

    await asyncio.gather(*(send(number) for number in range(senders)))
    mean_batch = round(store.mean_batch, 1)
    await store.close()
    return {**summarise(latencies_ms, seconds), "mean_batch": mean_batch}


def check_logs(url: str) -> int:
    """Return the number of events in the logs, after checking that none has a gap."""
    with psycopg.connect(url) as connection:
        broken = connection.execute(
            """
            SELECT count(*) FROM messaging_log l
            LEFT JOIN (SELECT conversation_id, count(*) n, max(seq) m FROM messaging_event GROUP BY 1) e
                USING (conversation_id)
            WHERE l.max_seq <> COALESCE(e.n, 0) OR l.max_seq <> COALESCE(e.m, 0)
            """
        ).fetchone()
        total = connection.execute("SELECT COALESCE(sum(max_seq), 0)::bigint FROM messaging_log").fetchone()
    assert broken is not None
    assert total is not None
    if broken[0]:
        raise RuntimeError(f"{broken[0]} logs have gaps")
    return int(total[0])


def measure(url: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run everything once."""
    people = make_people(max(arguments.senders))
    with psycopg.connect(url) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        durability = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous_commit = durability.fetchone() or ("", "")
    wal_recycled = recycle_wal(url)
    gc.freeze()
    rounds = [measure_round(url, arguments, people, number) for number in range(arguments.rounds)]
    result: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "database": {"version": version and version[0], "fsync": fsync, "synchronous_commit": synchronous_commit},
        "wal_files_recycled": wal_recycled,
        "seconds": arguments.seconds,
        "rows": [merge(rows) for rows in zip(*rounds, strict=True)],
        "events_checked": check_logs(url),
    }
    result["target"] = judge(result["rows"])
    return result


def measure_round(url: str, arguments: argparse.Namespace, people: People, number: int) -> list[dict[str, Any]]:
    """Baselines and store, once each."""
    tenant, users, spread, hot = people
    seconds = arguments.seconds
    rows = [
        {"what": PGBENCH, "senders": BASELINE_CONNECTIONS, **run_pgbench(url, tenant, users[0], seconds)},
        {
            "what": "single rows, async psycopg",
            "senders": BASELINE_CONNECTIONS,
            **uvloop.run(run_single_rows(url, tenant, users[0], seconds, number)),
        },
    ]
    for what, rooms in (("store, 64 conversations", spread), ("store, 1 hot conversation", [hot])):
        for senders in arguments.senders:
            row = uvloop.run(run_store(url, tenant, users, rooms, senders=senders, seconds=seconds))
            rows.append({"what": what, "senders": senders, **row})
    return rows


def merge(rows: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The median of each figure over the rounds, and the rates of all rounds."""
    merged = {key: value for key, value in rows[0].items() if key in {"what", "senders"}}
    for key in rows[0].keys() - merged.keys():
        merged[key] = round(statistics.median(row[key] for row in rows), 2)
    merged["rows_per_s_by_round"] = [row["rows_per_s"] for row in rows]
    return merged


def judge(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Hold the store against the target, with pgbench as the baseline."""
    baseline = next(row["rows_per_s"] for row in rows if row["what"] == PGBENCH)
    judged = [row for row in rows if row["what"].startswith("store") and row["senders"] == TARGET_SENDERS]
    ratios = {row["what"]: round(row["rows_per_s"] / baseline, 1) for row in judged}
    met = bool(judged) and all(
        row["rows_per_s"] >= TARGET_RATIO * baseline and row["p99_ms"] <= TARGET_P99_MS for row in judged
    )
    return {"ratio_at_512": ratios, "needs_ratio": TARGET_RATIO, "needs_p99_ms": TARGET_P99_MS, "met": met}


def print_table(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"{'what':<28}{'senders':>8}{'rows/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'batch':>8}")
    for row in result["rows"]:
        print(
            f"{row['what']:<28}{row['senders']:>8}{row['rows_per_s']:>9.0f}{row['p50_ms']:>9}"
            f"{row.get('p99_ms', '-'):>9}{row.get('mean_batch', 1):>8}   {row['rows_per_s_by_round']}"
        )
    print("target:", json.dumps(result["target"]))


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="everything in turn, this often; medians are reported")
    parser.add_argument("--senders", type=int, nargs="+", default=[1, 8, 64, 512])
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "store.json")
    arguments = parser.parse_args()
    with database_server() as server_url, fresh_database(server_url, DATABASE) as url:
        result = measure(url, arguments)
    print_table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
