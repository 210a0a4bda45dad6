"""Programs over REST."""

from typing import Any

import pytest

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.accounts.programs import make_program, make_service_account
from tests.admin.conftest import give_role
from tests.rest_client import RestClient, signed_in

PATH = "/api/v1/applications"
NEW: dict[str, Any] = {
    "kind": "site",
    "name": "Rota",
    "scopes": ["openid", "im"],
    "redirect_uris": ["https://rota.example/cb"],
}


@pytest.fixture
def admin(alice: User) -> RestClient:
    give_role(alice, TENANT_ADMIN)
    return signed_in(alice)


def test_one_is_made_with_a_secret_that_is_told_once(admin: RestClient) -> None:
    made = admin.post(PATH, NEW)
    read = admin.get(f"{PATH}/{made.body['id']}")

    assert (made.status, made.headers["Cache-Control"]) == (201, "no-store")
    assert len(made.body["secret"]) >= 48
    assert read.body == {**made.body, "secret": ""}
    assert read.headers["ETag"] == '"1"'


def test_one_in_its_own_name_needs_a_service_account(admin: RestClient, tenant: Tenant, bob: User) -> None:
    account = make_service_account(tenant)
    body = {"kind": "service", "name": "Robot", "scopes": ["im"]}

    made = admin.post(PATH, {**body, "service_account": str(account.pk)})
    refused = [admin.post(PATH, body), admin.post(PATH, {**body, "service_account": str(bob.pk)})]

    assert (made.status, made.body["service_account"]) == (201, str(account.pk))
    assert [answer.code for answer in refused] == ["invalid_input", "user_not_found"]


def test_it_is_changed_by_version_and_what_is_not_named_stays(admin: RestClient) -> None:
    made = admin.post(PATH, NEW).body
    path = f"{PATH}/{made['id']}"

    changed = admin.patch(path, {"scopes": ["openid"]}, **{"If-Match": '"1"'})
    stale = admin.patch(path, {"name": "X"}, **{"If-Match": '"1"'})

    assert (changed.body["scopes"], changed.body["name"], changed.body["version"]) == (["openid"], "Rota", 2)
    assert (stale.status, stale.code) == (412, "stale")


def test_its_secret_can_be_made_anew(admin: RestClient) -> None:
    made = admin.post(PATH, NEW).body

    renewed = admin.post(f"{PATH}/{made['id']}/secret")

    assert renewed.status == 200
    assert renewed.body["secret"] not in {"", made["secret"]}


def test_they_are_listed_page_by_page_and_deleted(admin: RestClient, other_tenant: Tenant) -> None:
    ids = [admin.post(PATH, {**NEW, "name": f"No. {number}"}).body["id"] for number in range(3)]
    make_program(other_tenant)

    first = admin.get(f"{PATH}?limit=2").body
    second = admin.get(f"{PATH}?limit=2&cursor={first['next']}").body

    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next"] == ""
    assert admin.delete(f"{PATH}/{ids[0]}").status == 204
    assert admin.get(f"{PATH}/{ids[0]}").code == "application_not_found"
