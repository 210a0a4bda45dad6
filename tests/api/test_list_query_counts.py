"""No list of REST gets more expensive in queries as what it lists grows, whoever asks."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Role
from apps.access.roles import DEPARTMENT_ADMIN, TENANT_ADMIN
from apps.accounts.models import ServiceAccount, User
from apps.accounts.services.naming import make_findable
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_group
from apps.orgs.models import Agreement, Block, Contact, Department, Import, Organisation, Placement
from apps.orgs.services import create_department, create_organisation
from tests.accounts.programs import make_program, make_service_account
from tests.admin.conftest import give_role, make_terminal
from tests.api.routes import api_operations
from tests.rest_client import signed_in

FEW, MANY = 1, 5
BOUND = 12
"""Of a person's card as people see it, the most expensive: what they may see of her, and of every place of hers."""

LISTS = {
    "/api/v1/applications",
    "/api/v1/audit",
    "/api/v1/blocks",
    "/api/v1/contacts",
    "/api/v1/conversations",
    "/api/v1/departments",
    "/api/v1/departments/{department}/children",
    "/api/v1/departments/{department}/placements",
    "/api/v1/directory",
    "/api/v1/directory/departments/{department}",
    "/api/v1/directory/departments/{department}/people",
    "/api/v1/grants",
    "/api/v1/me/powers",
    "/api/v1/me/terminals",
    "/api/v1/organisations",
    "/api/v1/organisations/{organisation}/agreements",
    "/api/v1/organisations/{organisation}/imports",
    "/api/v1/people?q=Crowd",
    "/api/v1/people",
    "/api/v1/people/{user}",
    "/api/v1/roles",
    "/api/v1/service-accounts",
    "/api/v1/tenants",
    "/api/v1/users?q=Crowd",
    "/api/v1/users",
    "/api/v1/users/{user}/card",
}
"""With people and their cards, who have a list of places."""

ONE_ROW = {
    "/api/v1/applications/{application}",
    "/api/v1/conversations/{conversation}",
    "/api/v1/departments/{department}",
    "/api/v1/grants/{grant}",
    "/api/v1/imports/{source}",
    "/api/v1/me",
    "/api/v1/me/security",
    "/api/v1/organisations/{organisation}",
    "/api/v1/placements/{placement}",
    "/api/v1/service-accounts/{account}",
    "/api/v1/tenants/{tenant}",
    "/api/v1/users/by-login",
    "/api/v1/users/{user}",
}
"""Their answers do not grow."""

ELSEWHERE = {
    "/api/v1/conversations/{conversation}/members",  # tests/api/test_query_counts.py
    "/api/v1/conversations/{conversation}/events",  # tests/messaging: the log is read without the ORM
    "/api/v1/organisations/{organisation}/export",  # tests/orgs/exchange: a file, read in pages
    "/api/v1/units",  # asks the database for nothing
}

Grow = Callable[[int], None]


def test_every_route_that_reads_is_counted() -> None:
    known = {path.partition("?")[0] for path in LISTS} | ONE_ROW | ELSEWHERE

    assert known == {path for method, path in api_operations() if method == "GET"}


@pytest.fixture
def names(things: dict[str, str], alice: User, boss: User) -> dict[str, str]:
    group = start_group(alice, title="Group", member_ids=[boss.id], now_ms=now_ms())
    return {**things, "user": str(alice.id), "conversation": str(group.id)}


@pytest.fixture
def grow(names: dict[str, str], alice: User, boss: User) -> Grow:
    """Make more of everything that a list shows, so many rows of each."""
    made = 0

    def more(count: int) -> None:
        nonlocal made
        for number in range(made, made + count):
            _make(number, names, alice, boss)
        made += count

    return more


def _make(number: int, names: dict[str, str], alice: User, boss: User) -> None:
    tenant, now = alice.tenant, timezone.now()
    organisation = Organisation.unscoped.get(pk=names["organisation"])
    department = Department.unscoped.get(pk=names["department"])
    person = User(tenant=tenant, username=f"crowd{number}", login=f"crowd{number}@{tenant.slug}", display_name="Crowd")
    make_findable(person)
    person.save(force_insert=True)
    other = create_organisation(boss, name=f"Company {number}", now=now)
    below = create_department(boss, parent_id=department.pk, name=f"Below {number}", now=now)
    own = {"tenant": tenant}
    Placement.unscoped.create(department=department, user=person, **own)
    Placement.unscoped.create(department=below, user=alice, **own)
    Agreement.unscoped.create(from_organisation=organisation, to_organisation=other, **own)
    Contact.unscoped.create(requester=alice, other=person, **own)
    start_group(alice, title=f"Group {number}", member_ids=[person.id], now_ms=now_ms())
    Block.unscoped.create(user=alice, blocked=person, **own)
    Import.unscoped.create(organisation=organisation, created_by=alice, kind="people", **own)
    Role(tenant_id=tenant.pk, key=f"role{number}", name=f"Role {number}", units=[]).save(force_insert=True)
    give_role(person, DEPARTMENT_ADMIN, scope=department.scope)
    give_role(alice, DEPARTMENT_ADMIN, scope=below.scope)
    make_terminal(alice, name=f"Desk {number}")
    bot = make_service_account(tenant, f"robot{number}")
    ServiceAccount.unscoped.create(user=bot, secret_changed_at=now, **own)
    make_program(tenant)


@pytest.mark.parametrize("level", ["tenant", "department"])
def test_lists_cost_the_same_with_many_rows_as_with_few(
    names: dict[str, str], alice: User, grow: Grow, level: str
) -> None:
    department = Department.unscoped.get(pk=names["department"])
    if level == "tenant":
        give_role(alice, TENANT_ADMIN)
    else:
        give_role(alice, DEPARTMENT_ADMIN, scope=department.scope)
    client = signed_in(alice)

    def counts() -> dict[str, tuple[int, int]]:
        found = {}
        for path in sorted(LISTS):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(path.format_map(names))
            found[path] = (answer.status, len(queries))
        return found

    grow(FEW)
    few = counts()
    grow(MANY)
    many = counts()

    assert many == few
    assert {path: count for path, (_status, count) in many.items() if count > BOUND} == {}
    if level == "tenant":
        assert {status for status, _count in many.values()} == {200}
