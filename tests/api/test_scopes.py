"""What lies outside an administrator's scope, in her own tenant, is answered by every route like what is nowhere.

Each route is tried by a department's administrator with every id that it takes, in the path or the body: once with one
of her tenant that her scope does not reach, once with one that nobody has. Both answers must be the same.
"""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.access.models import Grant, Role
from apps.access.roles import AUDITOR
from apps.accounts.services.service_accounts import Terms, create_service_account
from apps.orgs.exchange.imports import begin_import
from apps.orgs.models import Placement
from apps.orgs.services.agreements import make_agreement
from tests.accounts.programs import make_program
from tests.admin.conftest import give_role, give_units
from tests.admin.world import World, make_world
from tests.api.attempts import APPLICATIONS, DIRECTORY, POWERS, SERVICE_ACCOUNTS
from tests.rest_client import RestClient, signed_in

ROUTES: dict[tuple[str, str], Any] = {
    route: attempt.body for route, attempt in {**POWERS, **SERVICE_ACCOUNTS, **APPLICATIONS, **DIRECTORY}.items()
} | {
    ("POST", "/api/v1/departments/{department}/move"): {"parent": "{root}", "before": "{brother}"},
    ("POST", "/api/v1/grants"): {"user": "{user}", "role": "{role}", "scope": "{scope}"},
}
IDS = re.compile(r"\{(\w+)\}")
NO_IDS = {"scope", "tenant"}
"""The one is a place of hers; of her own tenant she knows."""

CASES = sorted(
    (method, path, name)
    for (method, path), body in ROUTES.items()
    for name in set(IDS.findall(path + json.dumps(body))) - NO_IDS
)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def inside(world: World) -> dict[str, str]:
    """What she may name: the things of Sales. Of some kinds there are none within a department."""
    sales, east = world.departments["Sales"], world.departments["East"]
    [place] = Placement.unscoped.filter(user=world.people["sales"])
    [grant] = Grant.unscoped.filter(user_id=world.admins["department"].pk)
    return {
        "root": str(sales.pk),
        "department": str(east.pk),
        "brother": str(east.pk),
        "user": str(world.people["sales"].pk),
        "placement": str(place.pk),
        "grant": str(grant.pk),
        "role": AUDITOR,
        "scope": east.path,
        "tenant": str(world.tenants["acme"].pk),
    }


@pytest.fixture
def outside(world: World) -> dict[str, str]:
    """What others of her tenant have."""
    root, now = world.admins["root"], timezone.now()
    acme, south, north = world.tenants["acme"], world.organisations["South"], world.organisations["North"]
    research = world.departments["Research"]
    [place] = Placement.unscoped.filter(user=world.people["research"])
    role = Role(tenant_id=acme.pk, key="readers", name="Readers", units=["accounts.applications.view"])
    role.save(force_insert=True)
    boss = world.admins["tenant"]
    account = create_service_account(boss, tenant=acme, username="bot", terms=Terms(display_name="Bot"), now=now)
    return {
        "organisation": str(south.pk),
        "partner": str(north.pk),
        "root": str(world.departments["South"].pk),
        "department": str(research.pk),
        "brother": str(research.pk),
        "user": str(world.people["research"].pk),
        "placement": str(place.pk),
        "role": str(role.pk),
        "grant": str(give_role(boss, AUDITOR, scope=research.scope).pk),
        "agreement": str(make_agreement(root, from_id=north.pk, to_id=south.pk, now=now).pk),
        "source": str(begin_import(boss, organisation_id=north.pk, kind="departments", data=b"name\nX\n", now=now).pk),
        "account": str(account.account.pk),
        "application": str(make_program(acme).registration.pk),
        "owner": str(boss.pk),
    }


@pytest.fixture
def head(world: World) -> RestClient:
    """The administrator of Sales."""
    return signed_in(world.admins["department"])


@pytest.fixture
def outside_of_others(outside: dict[str, str], world: World) -> dict[str, list[str]]:
    """Further ids of some kinds, which other rules might tell apart."""
    acme = world.tenants["acme"].pk
    powerful = Role(tenant_id=acme, key="powerful", name="Powerful", units=["orgs.people.view", "orgs.exchange.export"])
    give_units(world.admins["department"], "access.grants.change", "orgs.people.view", scope=world.scope("department"))
    Grant.unscoped.filter(user_id=world.admins["department"].pk, custom=None).update(role=AUDITOR)
    powerful.save(force_insert=True)
    people = [world.people["south"], world.admins["tenant"], world.admins["root"], world.people["rival"]]
    departments = [world.departments[name] for name in ("North", "Store", "Depot")]
    return {
        "role": ["readers", "powerful", powerful.id.hex],
        "user": [str(person.pk) for person in people],
        "department": [str(department.pk) for department in departments],
    }


def asked(head: RestClient, method: str, path: str, names: dict[str, str], some_id: str) -> tuple[int, str]:
    """The answer, without the id that was asked for."""
    answer = head.request(method, path.format_map(names), filled(ROUTES[method, path], names), **{"If-Match": '"1"'})
    return answer.status, json.dumps(answer.body, ensure_ascii=False).replace(some_id, "…")


def test_an_id_outside_the_scope_is_answered_like_one_that_is_nowhere(
    inside: dict[str, str], outside: dict[str, str], head: RestClient
) -> None:
    told = {}

    for method, path, name in CASES:
        there, nowhere = (
            asked(head, method, path, {**outside, **inside, name: some_id}, some_id)
            for some_id in (outside[name], str(uuid4()))
        )
        if there != nowhere or there[0] < 400:
            told[method, path, name] = (there, nowhere)

    assert told == {}


def test_so_is_every_other_id_that_she_may_not_give_or_take(
    inside: dict[str, str], outside: dict[str, str], outside_of_others: dict[str, list[str]], head: RestClient
) -> None:
    told = {}

    for method, path, name in CASES:
        nobodys = str(uuid4())
        nowhere = asked(head, method, path, {**outside, **inside, name: nobodys}, nobodys)
        in_body = name in IDS.findall(json.dumps(ROUTES[method, path]))
        for some_id in outside_of_others.get(name, []) if in_body else []:
            there = asked(head, method, path, {**outside, **inside, name: some_id}, some_id)
            if there != nowhere:
                told[method, path, name, some_id] = (there, nowhere)

    assert told == {}


def test_what_she_may_give_is_there(inside: dict[str, str], head: RestClient, world: World) -> None:
    acme = world.tenants["acme"].pk
    Role(tenant_id=acme, key="mixed", name="Mixed", units=["orgs.people.view", "tenants.tenant.view"]).save()

    for role in ("mixed", AUDITOR):
        grant = head.post("/api/v1/grants", {"user": inside["user"], "role": role, "scope": inside["scope"]})
        assert grant.status == 201, grant.body


def filled(value: Any, names: dict[str, str]) -> Any:
    """A body with its placeholders filled."""
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return names.get(value.strip("{}"), value) if isinstance(value, str) else value
