"""REST: service accounts for their administrators."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import ServiceAccount, User
from apps.accounts.services import create_user
from apps.common.rest import throttling
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.rest_client import Answer, RestClient, issue_token, signed_in

PATH = "/api/v1/service-accounts"
BOT = {"username": "builds", "display_name": "Build bot", "requests_per_minute": 5}


@pytest.fixture
def boss(tenant: Tenant) -> RestClient:
    return signed_in(create_user(tenant, username="boss", password=PASSWORD, is_superuser=True))


def made(boss: RestClient, **wanted: Any) -> Answer:
    answer = boss.post(PATH, BOT | wanted)
    assert answer.status == 201, answer
    return answer


def test_one_is_made_and_its_secret_shown_once(boss: RestClient) -> None:
    answer = made(boss)

    account = answer.body["account"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert (account["login"], account["requests_per_minute"], account["is_active"]) == ("builds@acme", 5, True)
    assert account["client_id"] == answer.body["client_id"]
    assert answer.body["client_secret"] not in str(boss.get(f"{PATH}/{account['id']}").body)


def test_they_are_listed_page_by_page(boss: RestClient) -> None:
    names = [made(boss, username=f"bot{number}").body["account"]["username"] for number in range(3)]

    first = boss.get(f"{PATH}?limit=2").body
    second = boss.get(f"{PATH}?limit=2&cursor={first['next']}").body

    assert [item["username"] for item in first["items"] + second["items"]] == names
    assert second["next"] == ""


def test_an_edit_says_of_which_version_it_is(boss: RestClient) -> None:
    path = f"{PATH}/{made(boss).body['account']['id']}"

    changed = boss.patch(path, {"description": "Builds"}, **{"If-Match": '"1"'})
    stale = boss.patch(path, {"description": "x"}, **{"If-Match": '"1"'})

    assert (changed.status, changed.body["description"], changed.headers["ETag"]) == (200, "Builds", '"2"')
    assert stale.status == 412


def test_stopped_its_tokens_open_nothing(boss: RestClient) -> None:
    path = f"{PATH}/{made(boss).body['account']['id']}"
    program = RestClient(issue_token(ServiceAccount.unscoped.get().user))
    assert program.get("/api/v1/me").status == 200

    answer = boss.put(f"{path}/status", {"is_active": False})

    assert (answer.status, answer.body["is_active"]) == (200, False)
    assert program.get("/api/v1/me").status == 401


def test_another_secret_is_told_once_and_ends_its_tokens(boss: RestClient) -> None:
    before = made(boss).body
    program = RestClient(issue_token(ServiceAccount.unscoped.get().user))

    after = boss.post(f"{PATH}/{before['account']['id']}/secret")

    assert (after.status, after.headers["Cache-Control"]) == (200, "no-store")
    assert after.body["client_secret"] not in {before["client_secret"], ""}
    assert program.get("/api/v1/me").status == 401


def test_it_asks_no_more_than_its_own_rate_and_people_theirs(boss: RestClient, alice: User, settings: Settings) -> None:
    settings.IM_REST_PER_MINUTE = {"request": 1000, "send": 1000}
    throttling.buckets.clear()
    made(boss)
    program = RestClient(issue_token(ServiceAccount.unscoped.get().user))

    statuses = [program.get("/api/v1/me").status for _ in range(6)]

    assert statuses == [200] * 5 + [429]
    assert [signed_in(alice).get("/api/v1/me").status for _ in range(6)] == [200] * 6


def test_it_acts_as_itself_whatever_it_says(boss: RestClient, alice: User) -> None:
    made(boss, requests_per_minute=0)
    program = RestClient(issue_token(ServiceAccount.unscoped.get().user))

    for name in ("X-User", "X-Forwarded-User", "Remote-User", "X-On-Behalf-Of", "Impersonate-User"):
        assert program.get("/api/v1/me", **{name: alice.login}).body["login"] == "builds@acme"
    ticket = program.post("/api/v1/tickets", {"audience": "imsite", "scopes": ["im"]}).body["ticket"]
    assert RestClient(ticket).get("/api/v1/me").body["login"] == "builds@acme"


def test_people_without_the_power_see_and_change_none(boss: RestClient, alice: User) -> None:
    path = f"{PATH}/{made(boss).body['account']['id']}"
    client = signed_in(alice)

    assert client.get(PATH).body["items"] == []
    assert client.post(PATH, BOT | {"username": "mine"}).code == "not_permitted"
    for answer in (client.get(path), client.put(f"{path}/status", {"is_active": False}), client.post(f"{path}/secret")):
        assert (answer.status, answer.code) == (404, "service_account_not_found")


def test_it_signs_in_by_its_client_credentials_as_itself_until_it_is_stopped(boss: RestClient) -> None:
    account = made(boss).body
    form = {"grant_type": "client_credentials", "client_id": account["client_id"]}

    right = Client().post("/oauth/token/", form | {"client_secret": account["client_secret"]})
    wrong = Client().post("/oauth/token/", form | {"client_secret": "guessed"})
    program = RestClient(right.json()["access_token"])
    me = program.get("/api/v1/me").body
    boss.put(f"{PATH}/{account['account']['id']}/status", {"is_active": False})
    late = Client().post("/oauth/token/", form | {"client_secret": account["client_secret"]})

    assert (right.status_code, wrong.status_code, me["login"]) == (200, 401, "builds@acme")
    assert program.get("/api/v1/me").status == 401
    assert late.status_code in {400, 401}
    assert "refresh_token" not in right.json()
