"""The first page has for each level what lies within its scopes, by few queries, however much there is."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Grant
from apps.accounts.models import User
from apps.identity.models import Connection, DirectoryRun
from apps.orgs.models import Department, Placement
from apps.tenants.models import Tenant
from tests.admin.conftest import give_units, make_terminal
from tests.admin.world import LEVELS, World
from tests.imsite.overview.conftest import Reader

MOST = 12
"""Of the whole page: the session, the person, her powers, and what the overview asks."""


def queries(client: Client) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get("/admin/").status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def crowd(department: Department, count: int) -> None:
    """More people in a department, with terminals, and departments below it."""
    people = [
        User(tenant_id=department.tenant_id, username=f"c{n}-{uuid4().hex[:8]}", login=uuid4().hex)
        for n in range(count)
    ]
    User.objects.for_tenant(department.tenant_id).bulk_create(people)
    Placement.objects.for_tenant(department.tenant_id).bulk_create(
        Placement(tenant_id=department.tenant_id, department=department, user=person) for person in people
    )
    for person in people:
        make_terminal(person)


def trouble(world: World) -> None:
    """Whatever a notice tells of."""
    acme = world.tenants["acme"]
    Tenant.objects.filter(pk=acme.pk).update(users_max=7)
    Tenant.objects.filter(slug="rival").update(status="suspended")
    Grant.unscoped.update(expires_at=timezone.now() + timedelta(days=3))
    source = Connection.unscoped.create(tenant=acme, kind="ldap", name="Directory")
    DirectoryRun.unscoped.create(tenant=acme, connection=source, state=DirectoryRun.State.FAILED, started_by="it")


@pytest.mark.parametrize("level", LEVELS)
def test_it_costs_few_queries_however_much_there_is(world: World, level: str) -> None:
    client = world.client(level)
    client.get("/admin/")  # the first answer of a session may note more
    trouble(world)
    before = queries(client)

    for name in ("Sales", "Research", "Store", "Depot"):
        crowd(world.departments[name], 20)
    after = queries(client)

    assert len(after) == len(before) <= MOST


def test_a_department_is_counted_without_the_rest_of_its_tenant(world: World) -> None:
    head = world.client("department")
    scope = world.scope("department").path
    counting = [sql for sql in queries(head) if "COUNT(" in sql or "SUM(" in sql]

    parts = [part for sql in counting for part in sql.split("UNION ALL")]

    mine = world.admins["department"].pk.hex  # imports are bound to their sender
    assert len(parts) >= 6
    assert [part for part in parts if scope not in part and mine not in part] == []


def test_each_level_has_its_own_groups(reader: Reader) -> None:
    found = {level: list(reader.figures(level)) for level in (*LEVELS, "nobody")}

    assert found == {
        "system": ["People", "Structure", "Signed in now", "Storage and limits"],
        "tenant": ["People", "Structure", "Signed in now", "Storage and limits"],
        "organisation": ["People", "Structure", "Signed in now"],
        "department": ["People", "Structure", "Signed in now"],
        "nobody": [],
    }


def test_what_is_wrong_comes_before_what_is_only_worth_knowing(world: World, reader: Reader) -> None:
    trouble(world)

    urgent = [notice.is_urgent for notice in reader.page("system").alerts]

    assert urgent == sorted(urgent, reverse=True)
    assert set(urgent) == {True, False}


def test_what_was_done_lately_is_told_within_reach(reader: Reader) -> None:
    labels = {level: {entry.target_label for entry in reader.page(level).entries} for level in LEVELS}

    assert "rival-person@rival in Depot" in labels["system"]
    assert not any("rival" in label for label in labels["tenant"])
    assert labels["department"] == {"Sales", "East", "sales-person@acme in Sales"}


def test_without_a_unit_its_part_is_missing(world: World, reader: Reader) -> None:
    give_units(world.admins["nobody"], "orgs.department.view")

    page = reader.page("nobody")

    assert [group.title for group in page.groups] == ["Structure"]
    assert [job.text for job in page.jobs] == ["Open the tree"]
    assert (page.entries, page.alerts, page.waiting) == ([], [], [])
