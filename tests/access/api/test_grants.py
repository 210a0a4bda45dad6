"""Grants over REST: only within what one administers, and never more than one has."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Grant
from apps.access.roles import AUDITOR, ORGANISATION_ADMIN, TENANT_ADMIN
from apps.access.scopes import Scope, tenant_scope
from apps.accounts.models import User
from apps.common.clock import to_ms
from apps.orgs.models import Department
from apps.orgs.services import create_organisation
from apps.orgs.services.placements import place_person
from tests.access.conftest import Give
from tests.rest_client import RestClient, signed_in

GRANTS = "/api/v1/grants"


@pytest.fixture
def client(boss: User) -> RestClient:
    return signed_in(boss)


def wanted(user: User, scope: Scope, role: str = AUDITOR, **more: Any) -> dict[str, Any]:
    return {"user": str(user.id), "role": role, "scope": scope.path, **more}


def test_a_grant_is_given_read_and_revoked(client: RestClient, boss: User, alice: User, org: Scope) -> None:
    end = to_ms(timezone.now() + timedelta(days=1))

    given = client.post(GRANTS, wanted(alice, org, expires_at=end))
    read = client.get(f"{GRANTS}/{given.body['id']}")
    revoked = client.delete(f"{GRANTS}/{given.body['id']}")

    assert given.status == 201
    assert given.body["expires_at"] == end
    assert given.body["granted_by"] == str(boss.id)
    assert read.body == given.body
    assert revoked.status == 204
    assert client.get(f"{GRANTS}/{given.body['id']}").code == "grant_not_found"


def test_lists_hold_what_one_administers_only(
    client: RestClient, boss: User, alice: User, eve: User, give: Give, org: Scope
) -> None:
    give(alice, ORGANISATION_ADMIN, org)
    give(eve, TENANT_ADMIN, tenant_scope(eve.tenant_id))

    everything = client.get(GRANTS).body["items"]
    below = signed_in(alice).get(GRANTS).body["items"]
    of_alice = client.get(f"{GRANTS}?user={alice.id}&scope={org.path}").body["items"]

    assert {grant["user"] for grant in everything} == {str(boss.id), str(alice.id)}
    assert [grant["user"] for grant in below] == [grant["user"] for grant in of_alice] == [str(alice.id)]


def test_somebody_of_another_tenant_is_as_unknown_as_nobody(client: RestClient, eve: User, org: Scope) -> None:
    nobody = {"user": str(uuid4()), "role": AUDITOR, "scope": org.path}

    answers = [client.post(GRANTS, body) for body in (wanted(eve, org), nobody)]

    assert [(answer.status, answer.code) for answer in answers] == [(404, "user_not_found")] * 2


def test_pages_lead_from_one_to_the_next(client: RestClient, alice: User, bob: User, give: Give, org: Scope) -> None:
    for user in (alice, bob):
        give(user, AUDITOR, org)

    first = client.get(f"{GRANTS}?limit=2").body
    second = client.get(f"{GRANTS}?limit=2&cursor={first['next']}").body

    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, "")
    assert not {grant["id"] for grant in first["items"]} & {grant["id"] for grant in second["items"]}


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    client: RestClient, alice: User, bob: User, give: Give, org: Scope
) -> None:
    counts = []

    for user in (alice, bob):
        give(user, AUDITOR, org)
        with CaptureQueriesContext(connection) as queries:
            client.get(GRANTS)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_nobody_gives_what_she_lacks_or_where_she_has_nothing(
    alice: User, bob: User, carol: User, eve: User, boss: User, give: Give, whole: Scope
) -> None:
    north = create_organisation(boss, name="North", now=timezone.now())
    top = Department.objects.for_tenant(north.tenant_id).get(organisation=north)
    place_person(boss, user_id=bob.id, department_id=top.id, now=timezone.now())
    org = top.scope
    give(alice, ORGANISATION_ADMIN, org)
    client = signed_in(alice)

    assert client.post(GRANTS, wanted(bob, whole, TENANT_ADMIN)).code == "not_permitted"
    assert client.post(GRANTS, wanted(bob, tenant_scope(eve.tenant_id))).code == "not_permitted"
    assert client.post(GRANTS, wanted(eve, org)).code == "user_not_found"
    assert client.post(GRANTS, wanted(carol, org)).code == "user_not_found"  # a colleague who is not in North
    assert client.post(GRANTS, wanted(bob, org, "no-such-role")).code == "role_not_found"
    assert client.post(GRANTS, {**wanted(bob, org), "scope": "t:zz"}).code == "invalid_input"
    assert client.post(GRANTS, wanted(bob, org)).status == 201


def test_the_system_s_people_grant_in_any_tenant(root: User, alice: User, org: Scope) -> None:
    assert signed_in(root).post(GRANTS, wanted(alice, org)).status == 201


def test_a_grant_of_another_tenant_is_not_there(client: RestClient, eve: User, give: Give) -> None:
    foreign = give(eve, TENANT_ADMIN, tenant_scope(eve.tenant_id))

    assert client.get(f"{GRANTS}/{foreign.id}").code == "grant_not_found"
    assert client.delete(f"{GRANTS}/{foreign.id}").code == "grant_not_found"
    assert Grant.unscoped.filter(pk=foreign.pk).exists()


def test_many_are_given_each_by_itself_or_all_or_none(
    client: RestClient, alice: User, bob: User, eve: User, org: Scope
) -> None:
    items = [wanted(alice, org), wanted(eve, org), wanted(bob, org)]

    refused = client.post(f"{GRANTS}/bulk", {"items": items, "mode": "all"})
    none = Grant.unscoped.filter(scope=org.path).count()
    report = client.post(f"{GRANTS}/bulk", {"items": items, "mode": "each"})

    assert (refused.code, refused.body["fields"]["index"], none) == ("user_not_found", 1, 0)
    assert (report.body["done"], report.body["refused"]) == (2, 1)
    assert report.body["items"][1]["code"] == "user_not_found"
    assert Grant.unscoped.filter(scope=org.path).count() == 2


def test_who_may_not_grant_somewhere_is_not_told_whose_ids_there_are(
    alice: User, bob: User, give: Give, org: Scope, whole: Scope
) -> None:
    give(alice, ORGANISATION_ADMIN, org)
    client = signed_in(alice)

    there = client.post(GRANTS, wanted(bob, whole))
    nowhere = client.post(GRANTS, {**wanted(bob, whole), "user": "0198e2a0-0000-7000-8000-000000000001"})

    assert there.body == nowhere.body
    assert there.code == "not_permitted"
