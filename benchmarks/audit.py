"""What the audit log costs, and how fast it answers: writing alone and with a change, verifying, reading pages.

    python -m benchmarks.audit [--entries 200000] [--rounds 300] [--output FILE]

Uses DATABASE_URL (a database of its own is made there and dropped), or else starts an embedded PostgreSQL at default
durability. The change is a role's new name: one row, one transaction. Reading is measured as each level of
administrator sees the log: the newest 50 entries, and the 50 newest with a word in them.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.prod"

from benchmarks._database import database_server, fresh_database  # noqa: E402

DATABASE = "imsite_bench_audit"
PAGE = 50
BULK = 500
TENANTS = 4


def main() -> int:
    """Measure and print; 1 where a page takes longer than the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with database_server() as server, fresh_database(server, DATABASE):
        result = measure(options.entries, options.rounds)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0


def measure(entries: int, rounds: int) -> dict[str, Any]:
    """Fill the log, then time everything."""
    tenants = [UUID(int=number) for number in range(1, TENANTS + 1)]
    filling = time.perf_counter()
    fill(tenants, entries)
    filling = time.perf_counter() - filling
    return {
        "entries": entries,
        "tenants": TENANTS,
        "bulk_entries_per_s": round(entries / filling),
        "writing_ms": writing(tenants[0], rounds),
        "verified_entries_per_s": verifying(tenants[0]),
        "page_ms": reading(tenants[0]),
    }


def fill(tenants: list[UUID], entries: int) -> None:
    """Write entries in bulk, as an import does: spread over tenants, organisations and departments."""
    from django.db import transaction

    from apps.audit.services import record_all

    for begin in range(0, entries, BULK):
        tenant = tenants[begin // BULK % len(tenants)]
        with transaction.atomic():
            record_all([change(tenant, number) for number in range(begin, begin + BULK)])


def change(tenant: UUID, number: int) -> Any:
    """Somebody in one of ten organisations with a hundred departments each was given another title."""
    from apps.access.scopes import organisation_scope
    from apps.audit.services import Change

    scope = organisation_scope(tenant, UUID(int=number % 10)).department(UUID(int=number // 10 % 100))
    return Change(
        tenant_id=tenant,
        actor_id=UUID(int=number % 7),
        actor_login=f"admin{number % 7}@bench",
        scope=scope.path,
        action="orgs.placement.changed",
        kind="placement",
        target_id=UUID(int=number),
        target_label=f"员工{number}",
        before={"title": "工程师", "is_leader": False},
        after={"title": f"高级工程师{number}", "is_leader": True},
    )


def writing(tenant: UUID, rounds: int) -> dict[str, float]:
    """Median time of a transaction with one small change, without an entry, with one, and with 500 at once."""
    from django.db import transaction

    from apps.access.models import Role
    from apps.audit.services import record, record_all

    role = Role(tenant_id=tenant, key="bench", name="bench")
    role.save(force_insert=True)
    own = Role.objects.for_tenant(tenant).filter(pk=role.pk)

    def rename(log: Callable[[], object]) -> None:
        with transaction.atomic():
            own.update(name="other")
            log()

    bare = timed(lambda: rename(lambda: None), rounds)
    logged = timed(lambda: rename(lambda: record(change(tenant, 1))), rounds)
    bulk = timed(lambda: rename(lambda: record_all([change(tenant, 1)] * BULK)), max(3, rounds // 30))
    return {
        "change_alone": bare,
        "change_and_entry": logged,
        "entry": round(logged - bare, 3),
        "entry_of_500": round((bulk - bare) / BULK, 4),
    }


def verifying(tenant: UUID) -> int:
    """Entries per second that the whole chain of a tenant is followed with."""
    from apps.audit.selectors import verify_chain

    began = time.perf_counter()
    outcome = verify_chain(tenant)
    seconds = time.perf_counter() - began
    if not isinstance(outcome, tuple):
        raise SystemExit(f"the chain is broken: {outcome}")
    return round(outcome[0] / seconds)


def reading(tenant: UUID) -> dict[str, dict[str, float]]:
    """Median times of pages, by who reads."""
    from django.db import connection

    from apps.access.policies import Powers, held
    from apps.access.scopes import SYSTEM, organisation_scope, tenant_scope
    from apps.access.selectors import entries_within
    from apps.access.units import AUDIT_VIEW

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_entry")
    organisation = organisation_scope(tenant, UUID(int=1))
    found = {}
    for scope in (SYSTEM, tenant_scope(tenant), organisation, organisation.department(UUID(int=1))):
        rows = entries_within(Powers((held([AUDIT_VIEW], scope),)))
        found[scope.level.name.lower()] = {
            "newest": timed(partial(page, rows), 20),
            "frequent_word": timed(partial(page, rows, "高级"), 20),
            "no_such_word": timed(partial(page, rows, "没有"), 3),
        }
    return found


def page(rows: Any, text: str = "") -> list[Any]:
    """Read the newest entries with `text` in them."""
    from apps.audit.selectors import search_entries

    return list(search_entries(rows, text=text)[:PAGE])


def timed(work: Callable[[], object], rounds: int) -> float:
    """Median in ms."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1000, 3)


if __name__ == "__main__":
    sys.exit(main())
