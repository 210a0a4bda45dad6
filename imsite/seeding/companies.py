"""Whole companies, written with COPY: a hundred thousand people in far less time than services would take.

What the services would have checked holds by the way it is made; `manage.py orgs check` looks again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from apps.access.models import Grant
from apps.access.roles import DEPARTMENT_ADMIN, ORGANISATION_ADMIN, TENANT_ADMIN
from apps.access.scopes import Scope, organisation_scope, tenant_scope
from apps.common.ids import new_id
from apps.common.pinyin import readings
from apps.common.search import searchable
from apps.orgs.services.trees import free_tree_ids
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.seeding import names
from imsite.seeding.trees import Node, grow

TABLES: Final = ("accounts_user", "orgs_organisation", "orgs_department", "orgs_placement", "access_grant")
SHARES: Final = (0.1, 0.4, 0.25, 0.15, 0.1)
"""Of a tenant's departments, for each of its organisations."""
SECOND_PLACE_SHARE: Final = 0.06
"""Of people with a second place."""
CODES: Final = ("HQ", "TECH", "MAKE", "TRADE", "MOVE")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted; departments and people are for each tenant. `password`: everyone's; None: nobody signs in."""

    tenants: int
    departments: int
    people: int
    prefix: str = "group"
    password: str | None = None
    seed: int = 1

    def slugs(self) -> list[str]:
        """Short names of the tenants."""
        return [f"{self.prefix}{number + 1}" for number in range(self.tenants)]


@dataclass(frozen=True, slots=True)
class Placed:
    """A department as it is stored."""

    id: UUID
    organisation_id: UUID
    scope: Scope
    node: Node


def seed(order: Order, now: datetime) -> list[Tenant]:
    """Make everything in one transaction and return the tenants. Raises OperatorError when one of them exists."""
    taken = set(Tenant.objects.filter(slug__in=order.slugs()).values_list("slug", flat=True))
    if taken:
        raise OperatorError(phrase("tenant {slug} exists: name others with --prefix", slug=min(taken)))
    random = Random(order.seed)  # noqa: S311 - for names, not for secrets
    password = make_password(order.password)
    with transaction.atomic():
        tenants = []
        for number, slug in enumerate(order.slugs()):
            tenant = create_tenant(slug=slug, name=names.company(number))
            _fill(tenant, order, password, random, now)
            tenants.append(tenant)
    with connection.cursor() as cursor:
        # Or the planner would take them for as small as they were, and indexes for what can't answer alone.
        tidy = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
        for table in TABLES:
            cursor.execute(f"{tidy} {table}")
    return tenants


def _fill(tenant: Tenant, order: Order, password: str, random: Random, now: datetime) -> None:
    departments = _insert_departments(tenant, order.departments, random, now)
    people = _insert_people(tenant, order.people, password, random, now)
    leaders = _insert_placements(tenant, departments, people, random, now)
    _insert_grants(tenant, departments, people, leaders)


def _insert_departments(tenant: Tenant, count: int, random: Random, now: datetime) -> list[Placed]:
    sizes = [max(1, int(count * share)) for share in SHARES]
    sizes[1] += max(0, count - sum(sizes))
    tree_ids = free_tree_ids(len(sizes))
    organisations: list[Row] = []
    rows: list[Row] = []
    made: list[Placed] = []
    for place, (size, tree_id) in enumerate(zip(sizes, tree_ids, strict=True)):
        organisation_id = new_id()
        name = f"{tenant.name.removesuffix('集团')}{names.BRANCHES[place]}"
        organisations.append((organisation_id, tenant.pk, now, 1, name, CODES[place], place, True, "organisation"))
        placed = _placed(grow(name, size, random), organisation_scope(tenant.pk, organisation_id), organisation_id)
        parents = {id(each.node): each.id for each in placed}
        made += placed
        rows += (
            (
                each.id,
                tenant.pk,
                now,
                1,
                organisation_id,
                parents.get(id(each.node.parent)),
                each.node.name,
                f"D{number:04}" if number else "",
                each.scope.path,
                False,
                each.node.lft,
                each.node.rght,
                tree_id,
                each.node.level,
            )
            for number, each in enumerate(placed)
        )
    _copy("orgs_organisation", "id, tenant_id, created_at, version, name, code, sort, is_active, reach", organisations)
    columns = "id, tenant_id, created_at, version, organisation_id, parent_id, name, code, path, is_hidden"
    _copy("orgs_department", f"{columns}, lft, rght, tree_id, level", rows)
    return made


def _placed(nodes: Sequence[Node], root: Scope, organisation_id: UUID) -> list[Placed]:
    found: dict[int, Placed] = {}
    for node in nodes:
        key = new_id()
        scope = root if node.parent is None else found[id(node.parent)].scope.department(key)
        found[id(node)] = Placed(key, organisation_id, scope, node)
    return list(found.values())


def _insert_people(tenant: Tenant, count: int, password: str, random: Random, now: datetime) -> list[UUID]:
    ids = sorted(new_id() for _ in range(count))
    columns = (
        "id, tenant_id, created_at, version, password, username, login, display_name, email, locale, "
        "is_active, is_staff, is_superuser, search_text, search_grams"
    )

    def rows() -> Iterator[Row]:
        for key, (name, username) in zip(ids, names.people(random), strict=False):
            found = searchable(name, username, readings=readings)
            login = f"{username}@{tenant.slug}"
            yield (
                key,
                tenant.pk,
                now,
                1,
                password,
                username,
                login,
                name,
                f"{username}@{tenant.slug}.example",
                "",
                True,
                False,
                False,
                found.text,
                list(found.grams),
            )

    _copy("accounts_user", columns, rows())
    return ids


def _insert_placements(
    tenant: Tenant, departments: Sequence[Placed], people: Sequence[UUID], random: Random, now: datetime
) -> dict[UUID, UUID]:
    """Place everyone; each department's first one leads it. Return the leaders by department."""
    leaders: dict[UUID, UUID] = {}
    rows: list[Row] = []

    def place(person: UUID, department: UUID, *, is_primary: bool) -> None:
        leads = leaders.setdefault(department, person) == person
        title = names.LEADER if leads else random.choice(names.TITLES)
        rows.append((new_id(), tenant.pk, now, 1, department, person, title, is_primary, leads, 0))

    for number, person in enumerate(people):
        # First one for each department, then wherever: most are far down, so most people are, too.
        home = departments[number] if number < len(departments) else random.choice(departments)
        place(person, home.id, is_primary=True)
        other = random.choice(departments)
        if random.random() < SECOND_PLACE_SHARE and other.id != home.id:
            place(person, other.id, is_primary=False)
    columns = "id, tenant_id, created_at, version, department_id, user_id, title, is_primary, is_leader, sort"
    _copy("orgs_placement", columns, rows)
    return leaders


def _insert_grants(
    tenant: Tenant, departments: Sequence[Placed], people: Sequence[UUID], leaders: dict[UUID, UUID]
) -> None:
    """Whoever leads a whole organisation administers it, who leads a part on the first level that part."""
    grants = [_grant(tenant, person, TENANT_ADMIN, tenant_scope(tenant.pk)) for person in people[:1]]
    for department in departments:
        leader = leaders.get(department.id)
        if leader is not None and department.node.level < 2:
            role = DEPARTMENT_ADMIN if department.node.level else ORGANISATION_ADMIN
            grants.append(_grant(tenant, leader, role, department.scope))
    Grant.objects.for_tenant(tenant.pk).bulk_create(grants)


def _grant(tenant: Tenant, person: UUID, role: str, scope: Scope) -> Grant:
    return Grant(tenant_id=tenant.pk, user_id=person, role=role, scope=scope.path, is_of_system=False)


def _copy(table: str, columns: str, rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
