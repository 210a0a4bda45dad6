"""What the directory answers with 100,000 people and 5,000 departments in a tenant: how fast, in how many queries.

    python -m benchmarks.directory [--people 100000] [--departments 5000] [--rounds 40] [--json]

Asked are a level of the tree, the people of a department, names (Chinese, pinyin, initials) and who sees whom, as
administrators and as people ask it, for people, departments and names drawn at random; and whole subtrees are moved.
Every question is one call of a selector with its first page read, in one of three such tenants. It begins by timing
`manage.py seed --tenants 3`. Uses DATABASE_URL (a database of its own is made there and dropped), or else starts an
embedded PostgreSQL at default durability.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings.prod")

from benchmarks._database import database_server, fresh_database  # noqa: E402

TENANTS = 3
PAGE = 50
ASKED_AT_ONCE = 50
"""People of one conversation, about whom somebody asks whether she sees them."""
TARGET_MS, TARGET_QUERIES, TARGET_SEED_S = 100.0, 5, 120.0
RESULTS = ROOT / "benchmarks" / "results" / "directory.json"
MACHINE = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"

BY_NAME = ("display_name", "id")

Question = Callable[[], Any]
Draw = Callable[[], Question]


class World:
    """The seeded tenant, and things to ask about, drawn at random."""

    def __init__(self, slug: str, random: Random) -> None:
        from apps.access.policies import Powers, held
        from apps.access.roles import BUILTIN_ROLES, TENANT_ADMIN
        from apps.access.scopes import tenant_scope
        from apps.accounts.models import User
        from apps.orgs.models import Department
        from apps.tenants.models import Tenant

        self.random = random
        self.tenant = Tenant.objects.get(slug=slug)
        self.powers = Powers((held(BUILTIN_ROLES[TENANT_ADMIN].units, tenant_scope(self.tenant.pk)),))
        users = User.objects.for_tenant(self.tenant.pk)
        self.user_ids = list(users.order_by("id").values_list("pk", flat=True))
        departments = Department.objects.for_tenant(self.tenant.pk).order_by("-rght", "id")
        self.departments = list(departments)
        self.inner = [each for each in self.departments if each.descendant_count]
        self.boss = users.get(pk=self.user_ids[0])

    def viewer(self) -> Any:
        """Somebody."""
        from apps.accounts.models import User

        return User.objects.for_tenant(self.tenant.pk).get(pk=self.random.choice(self.user_ids))

    def text(self) -> str:
        """What somebody might type: a name, a part of one, pinyin, initials, or one letter."""
        name = self.viewer().display_name
        from apps.common.pinyin import readings

        syllables = [readings(character)[0] for character in name]
        initials = "".join(syllable[0] for syllable in syllables)
        return str(
            self.random.choice(
                [name, name[0], name[-1], name[1:], "".join(syllables), syllables[0], syllables[-1][:2], initials]
            )
        )


def administrators_questions(world: World) -> dict[str, Draw]:
    """What administrators ask. Each entry draws a new case and returns the call to be timed."""
    from apps.orgs.selectors import people, tree

    def level() -> Question:
        parent = world.random.choice(world.inner)
        return lambda: tree.tree_level(world.powers, parent_id=parent.pk)

    def department_people() -> Question:
        department = world.random.choice(world.departments)
        return lambda: list(people.department_people(world.powers, department.pk)[:PAGE])

    def find_people() -> Question:
        text = world.text()
        return lambda: list(people.find_people(world.powers, text=text).order_by(*BY_NAME)[:PAGE])

    return {
        "tree level, administrator": level,
        "department's people, administrator": department_people,
        "name search, administrator": find_people,
    }


def peoples_questions(world: World) -> dict[str, Draw]:
    """What people ask; whoever asks is drawn, too."""
    from apps.orgs.selectors import directory, people
    from apps.orgs.selectors.visibility import may_see, refusals_to_write, visible_users

    def roots_seen() -> Question:
        viewer = world.viewer()
        return lambda: directory.list_organisations(viewer)

    def level_seen() -> Question:
        viewer = world.viewer()
        roots = [each for each, *_ in map(_pair, directory.list_organisations(viewer))]
        return lambda: directory.find_department(viewer, world.random.choice(roots).pk)

    def people_seen() -> Question:
        viewer = world.viewer()
        place = viewer.placements.first()
        return lambda: list(directory.department_people(viewer, place.department_id)[:PAGE])

    def search() -> Question:
        viewer, text = world.viewer(), world.text()
        return lambda: list(people.search_people(viewer, text=text).order_by(*BY_NAME)[:PAGE])

    def browse() -> Question:
        viewer = world.viewer()
        return lambda: list(visible_users(viewer).order_by(*BY_NAME)[:PAGE])

    def sees() -> Question:
        viewer, others = world.viewer(), world.random.sample(world.user_ids, ASKED_AT_ONCE)
        return lambda: may_see(viewer, others)

    def writes() -> Question:
        viewer, others = world.viewer(), world.random.sample(world.user_ids, ASKED_AT_ONCE)
        return lambda: refusals_to_write(viewer, others)

    return {
        "organisations, as people see them": roots_seen,
        "tree level, as people see it": level_seen,
        "department's people, as people see them": people_seen,
        "name search, as people see them": search,
        "everybody one sees, first page": browse,
        f"who of {ASKED_AT_ONCE} one sees": sees,
        f"whom of {ASKED_AT_ONCE} one may write to": writes,
    }


def _pair(entry: Any) -> tuple[Any, ...]:
    return entry if isinstance(entry, tuple) else (entry,)


def ask(draw: Draw, rounds: int) -> dict[str, Any]:
    """Time one kind of question, and count its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    draw()()  # the first one fills caches of the database and of Python
    times, queries = [], 0
    for _ in range(rounds):
        question = draw()
        began = time.perf_counter()
        question()
        times.append((time.perf_counter() - began) * 1000)
        with CaptureQueriesContext(connection) as captured:
            question()
        queries = max(queries, len(captured))
    times.sort()
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "max_ms": round(times[-1], 1),
        "queries": queries,
    }


def moves(world: World, rounds: int) -> Iterator[tuple[int, float]]:
    """Move the largest subtrees to and fro; yield their sizes and the ms each took."""
    from apps.orgs.models import Department
    from apps.orgs.services import move_department

    tops = [each for each in world.inner if each.level == 1]
    rows = Department.objects.for_tenant(world.tenant.pk)
    for number in range(rounds):
        subject = tops[number % 3]
        current = rows.get(pk=subject.pk)
        elsewhere = rows.exclude(organisation_id=current.organisation_id).filter(parent__isnull=True).order_by("id")
        target = elsewhere[number % elsewhere.count()]
        rows.filter(pk=subject.pk).update(name=f"{number}")
        began = time.perf_counter()
        move_department(
            world.boss,
            department_id=current.pk,
            parent_id=target.pk,
            version=current.version,
            now=datetime.now(UTC),
        )
        yield subject.descendant_count + 1, (time.perf_counter() - began) * 1000


def measure(people: int, departments: int, rounds: int) -> dict[str, Any]:
    """Seed, then ask everything."""
    from apps.orgs.models import Department
    from imsite.seeding.companies import Order, seed

    began = time.perf_counter()
    tenants = seed(Order(TENANTS, departments, people), datetime.now(UTC))
    seed_s = time.perf_counter() - began
    world = World(tenants[0].slug, Random(3))
    asked = administrators_questions(world) | peoples_questions(world)
    found = {name: ask(draw, rounds) for name, draw in asked.items()}
    Department.objects.for_tenant(world.tenant.pk).update(code="")  # every made-up organisation has the same ones
    moved = list(moves(world, 12))
    return {
        "people": people,
        "departments": departments,
        "tenants": TENANTS,
        "seed_s": round(seed_s, 1),
        "questions": found,
        "move": {
            "departments": [size for size, _ms in moved],
            "p50_ms": round(statistics.median(ms for _size, ms in moved), 1),
            "max_ms": round(max(ms for _size, ms in moved), 1),
        },
        "machine": MACHINE,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, print, and judge by the targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--departments", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="write the figures to benchmarks/results/directory.json")
    arguments = parser.parse_args()
    with database_server() as server_url, fresh_database(server_url, "imsite_bench_directory"):
        results = measure(arguments.people, arguments.departments, arguments.rounds)
    print(f"seeding {TENANTS} tenants: {results['seed_s']} s")
    missed = results["seed_s"] > TARGET_SEED_S
    for name, found in results["questions"].items():
        meets = found["p95_ms"] <= TARGET_MS and found["queries"] <= TARGET_QUERIES
        missed |= not meets
        print(
            f"{name:<42} p50 {found['p50_ms']:>7.1f}  p95 {found['p95_ms']:>7.1f}  max {found['max_ms']:>7.1f} ms  "
            f"{found['queries']} queries  {'' if meets else 'MISSED'}"
        )
    move = results["move"]
    print(f"moving {min(move['departments'])}-{max(move['departments'])} departments: p50 {move['p50_ms']} ms")
    if arguments.json:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
