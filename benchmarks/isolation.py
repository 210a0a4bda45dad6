"""What the second wall between tenants costs: the same queries bound by row-level security and not.

    python -m benchmarks.isolation [--people 20000] [--rounds 400]

Runs on a database of its own below DATABASE_URL, which is dropped afterwards. Prints p50 and p99 in milliseconds.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings.test")
os.environ.setdefault("IM_TEST_DB", "imsite_isolation")

Query = Callable[[], object]
Around = Callable[[], AbstractContextManager[Any]]


def measure(query: Query, around: Around, *, rounds: int) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds; each round begins on a connection that is its own, as a request's is."""
    from django.db import connection

    taken = []
    for number in range(rounds + 20):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        begun = time.perf_counter()
        with around():
            query()
        if number >= 20:
            taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return statistics.median(taken), taken[int(len(taken) * 0.99)]


def fill(people: int) -> UUID:
    """Make two tenants, the second with so many people; return its id."""
    from apps.accounts.models import User
    from apps.accounts.services.naming import make_findable
    from apps.tenants.services import create_tenant

    create_tenant(slug="small", name="Small")
    tenant = create_tenant(slug="large", name="Large")
    users = [
        User(tenant=tenant, username=f"u{n}", login=f"u{n}@large", display_name=f"Person {n}") for n in range(people)
    ]
    for user in users:
        make_findable(user)
    User.objects.for_tenant(tenant.id).bulk_create(users, batch_size=2_000)
    return tenant.id


def queries(tenant_id: UUID) -> dict[str, Query]:
    """The kinds of query that requests make: by key, a page, a count, a search by grams."""
    from apps.accounts.models import User
    from apps.accounts.selectors import search_users

    rows = User.objects.for_tenant(tenant_id)
    some = list(rows.values_list("pk", flat=True)[:50])
    return {
        "one row by its key": lambda: rows.filter(pk=some[0]).first(),
        "50 rows by their keys": lambda: list(rows.filter(pk__in=some)),
        "a page by name": lambda: list(rows.order_by("display_name", "id")[:50]),
        "count of all": rows.count,
        "search by grams": lambda: list(search_users(tenant_id, text="son 777").order_by("display_name", "id")[:20]),
    }


def show(name: str, free: tuple[float, float], walled: tuple[float, float]) -> None:
    """Print one line of the table."""
    print(f"{name:24}{free[0]:10.2f}{free[1]:8.2f}{walled[0]:11.2f}{walled[1]:8.2f}", flush=True)


@contextmanager
def without_wall() -> Iterator[None]:
    """Within this, requests find no wall in the database."""
    from apps.common.wall import base

    find = base._Walls.role
    setattr(base._Walls, "role", lambda _walls, _wrapper: "")  # noqa: B010 - that is the comparison
    try:
        yield
    finally:
        setattr(base._Walls, "role", find)  # noqa: B010


def rest_request(tenant_id: UUID) -> Query:
    """Return a request to the REST API by somebody of the tenant, from the middlewares to the answer."""
    from datetime import timedelta

    from django.test import Client
    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model

    from apps.accounts.models import User

    user = User.objects.for_tenant(tenant_id).order_by("id")[0]
    get_access_token_model().objects.create(
        user=user, token="benchmark", scope="im", expires=timezone.now() + timedelta(hours=1)
    )
    client = Client(headers={"Authorization": "Bearer benchmark"})

    def ask() -> None:
        answer = client.get("/api/v1/me")
        assert answer.status_code == 200, answer.content

    return ask


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=400)
    order = parser.parse_args()
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from apps.common.wall.binding import bound

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.IM_REST_PER_MINUTE = {"request": 10**6, "send": 10**6}
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        tenant_id = fill(order.people)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"{'':24}{'free p50':>10}{'p99':>8}{'bound p50':>11}{'p99':>8}")
        for name, query in queries(tenant_id).items():
            free = measure(query, nullcontext, rounds=order.rounds)
            walled = measure(query, lambda: bound(tenant_id), rounds=order.rounds)
            show(name, free, walled)
        request = rest_request(tenant_id)
        free = measure(request, without_wall, rounds=order.rounds)
        show("GET /api/v1/me", free, measure(request, nullcontext, rounds=order.rounds))
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


if __name__ == "__main__":
    main()
