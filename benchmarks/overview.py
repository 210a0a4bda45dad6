"""What the admin's first page costs each level with 100,000 people in a tenant: queries and milliseconds.

    python -m benchmarks.overview [--people 100000] [--departments 5000] [--rounds 10] [--json]

A page is one request through the whole stack of middleware and templates, by an administrator of the system, of a
tenant, of its largest organisation and of its largest department below the top. Uses DATABASE_URL (a database of its
own is made there and dropped), or else starts an embedded PostgreSQL at default durability.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings.prod")

from benchmarks._database import database_server, fresh_database  # noqa: E402
from benchmarks.directory import MACHINE  # noqa: E402

MAX_QUERIES = 12
RESULTS = ROOT / "benchmarks" / "results" / "overview.json"


def administrators(slug: str) -> dict[str, Any]:
    """Make one administrator per level."""
    from django.db.models import F

    from apps.access.models import Grant
    from apps.access.roles import DEPARTMENT_ADMIN, ORGANISATION_ADMIN, SYSTEM_ADMIN, TENANT_ADMIN
    from apps.access.scopes import SYSTEM, tenant_scope
    from apps.accounts.models import User
    from apps.orgs.models import Department
    from apps.tenants.models import Tenant
    from apps.tenants.services import ensure_system_tenant

    tenant, system = Tenant.objects.get(slug=slug), ensure_system_tenant()
    departments = Department.objects.for_tenant(tenant.pk).order_by(F("lft") - F("rght"))
    places = {
        "system": (SYSTEM_ADMIN, SYSTEM),
        "tenant": (TENANT_ADMIN, tenant_scope(tenant.pk)),
        "organisation": (ORGANISATION_ADMIN, departments.filter(level=0)[0].scope),
        "department": (DEPARTMENT_ADMIN, departments.filter(level=1)[0].scope),
    }
    found = {}
    for level, (role, scope) in places.items():
        home = system if level == "system" else tenant
        user = User(tenant=home, username=f"{level}-bench", login=f"{level}-bench@{home.slug}")
        user.save(force_insert=True)
        Grant(tenant_id=home.pk, user_id=user.pk, role=role, scope=scope.path, is_of_system=level == "system").save(
            force_insert=True
        )
        found[level] = user
    return found


def measure(people: int, departments: int, rounds: int) -> dict[str, Any]:
    """Seed, then open the page as everybody."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from imsite.seeding.companies import Order, seed

    settings.ALLOWED_HOSTS = ["*"]
    [tenant] = seed(Order(1, departments, people), datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    pages = {}
    for level, user in administrators(tenant.slug).items():
        client, times = Client(), []
        client.force_login(user)
        client.get("/admin/", secure=True)  # which notes the session, once
        with CaptureQueriesContext(connection) as captured:
            answer = client.get("/admin/", secure=True)
        assert answer.status_code == 200, answer.status_code
        queries = list(captured.captured_queries)  # the next request forgets them
        for _ in range(rounds):
            began = time.perf_counter()
            client.get("/admin/", secure=True)
            times.append((time.perf_counter() - began) * 1000)
        slowest = max(queries, key=lambda query: float(query["time"]))
        pages[level] = {
            "queries": len(queries),
            "p50_ms": round(statistics.median(times), 1),
            "max_ms": round(max(times), 1),
            "slowest_query_ms": round(float(slowest["time"]) * 1000),
        }
    return {
        "people": people,
        "departments": departments,
        "pages": pages,
        "machine": MACHINE,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, print, and judge by the number of queries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--departments", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="write the figures to benchmarks/results/overview.json")
    arguments = parser.parse_args()
    with database_server() as server_url, fresh_database(server_url, "imsite_bench_overview"):
        results = measure(arguments.people, arguments.departments, arguments.rounds)
    for level, page in results["pages"].items():
        print(f"{level:<14} {page['queries']:>3} queries  p50 {page['p50_ms']:>7.1f}  max {page['max_ms']:>7.1f} ms")
    if arguments.json:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if any(page["queries"] > MAX_QUERIES for page in results["pages"].values()) else 0)


if __name__ == "__main__":
    main()
