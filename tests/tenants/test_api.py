"""Tenants over REST."""

import pytest

from apps.access.models import Grant
from apps.access.roles import SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD
from tests.rest_client import RestClient, signed_in

TENANTS = "/api/v1/tenants"
NEW = {"slug": "new.example", "name": "New", "plan": "small"}


@pytest.fixture
def operator(db: None) -> RestClient:
    """Of somebody who runs the installation."""
    user = create_user(ensure_system_tenant(), username="root", password=PASSWORD)
    Grant(tenant_id=user.tenant_id, user_id=user.id, role=SYSTEM_ADMIN, scope=SYSTEM.path, is_of_system=True).save()
    return signed_in(user)


@pytest.fixture
def client(tenant: Tenant) -> RestClient:
    """Of somebody who runs Acme."""
    user = create_user(tenant, username="boss", password=PASSWORD)
    Grant(tenant_id=tenant.id, user_id=user.id, role=TENANT_ADMIN, scope=tenant_scope(tenant.id).path).save()
    return signed_in(user)


def test_the_operator_makes_limits_suspends_and_deletes(operator: RestClient) -> None:
    made = operator.post(TENANTS, NEW, **{"Idempotency-Key": "1"})
    again = operator.post(TENANTS, NEW, **{"Idempotency-Key": "1"})
    one = f"{TENANTS}/{made.body['id']}"

    limited = operator.patch(
        one,
        {"limits": {"users_max": 7}, "hosts": ["chat.new.example"], "settings": {"locale": "zh-hans"}},
        **{"If-Match": made.headers["ETag"]},
    )
    stale = operator.patch(one, {"name": "X"}, **{"If-Match": made.headers["ETag"]})
    states = [
        operator.put(f"{one}/status", {"status": status}).body["status"]
        for status in ("suspended", "active", "deleting", "active")
    ]

    assert (made.status, again.body) == (201, made.body)
    assert (limited.body["limits"]["users_max"], limited.body["hosts"]) == (7, ["chat.new.example"])
    assert limited.body["limits"]["group_members_max"] == 50
    assert limited.body["settings"] == {"locale": "zh-hans"}
    assert (stale.status, stale.code) == (412, "stale")
    assert states == ["suspended", "active", "deleting", "active"]
    assert operator.post(TENANTS, NEW).code == "slug_taken"


def test_a_tenant_s_admin_sees_and_changes_her_own_and_no_more(
    client: RestClient, tenant: Tenant, other_tenant: Tenant, alice: User
) -> None:
    mine, other = f"{TENANTS}/{tenant.id}", f"{TENANTS}/{other_tenant.id}"
    version = {"If-Match": f'"{tenant.version}"'}

    assert [item["slug"] for item in client.get(TENANTS).body["items"]] == ["acme"]
    assert client.patch(mine, {"plan": "small"}, **version).code == "not_permitted"
    assert client.patch(mine, {"name": "Acme Group"}, **version).body["name"] == "Acme Group"
    assert client.put(f"{mine}/status", {"status": "suspended"}).code == "not_permitted"
    assert client.post(TENANTS, NEW).code == "not_permitted"
    tried = {
        client.get(other).code,
        client.patch(other, {"name": "Mine"}, **version).code,
        client.put(f"{other}/status", {"status": "deleting"}).code,
        signed_in(alice).get(mine).code,
    }
    assert tried == {"tenant_not_found"}
    assert signed_in(alice).get(TENANTS).body["items"] == []
    other_tenant.refresh_from_db()
    assert (other_tenant.name, other_tenant.status) == ("Rival", "active")


def test_pages_lead_on(operator: RestClient, tenant: Tenant, other_tenant: Tenant) -> None:
    first = operator.get(f"{TENANTS}?limit=2").body
    second = operator.get(f"{TENANTS}?limit=2&cursor={first['next']}").body

    assert sorted(item["slug"] for item in first["items"] + second["items"]) == ["acme", "rival", "system"]
    assert second["next"] == ""
