"""Roles of a tenant."""

import pytest

from apps.access.models import Role
from apps.access.roles import BUILTIN_ROLES
from apps.accounts.models import User
from tests.rest_client import RestClient, signed_in

ROLES = "/api/v1/roles"
NEW = {"key": "hr", "name": "Human resources", "units": ["audit.entries.view"]}


@pytest.fixture
def client(boss: User) -> RestClient:
    return signed_in(boss)


def test_a_role_is_made_listed_changed_and_deleted(client: RestClient) -> None:
    made = client.post(ROLES, NEW)
    one = f"{ROLES}/{made.body['id']}"

    changed = client.patch(one, {"name": "People"}, **{"If-Match": made.headers["ETag"]})
    listed = client.get(ROLES).body["items"]
    deleted = client.delete(one)

    assert (made.status, made.headers["ETag"], made.body["version"]) == (201, '"1"', 1)
    assert (changed.status, changed.headers["ETag"], changed.body["name"]) == (200, '"2"', "People")
    assert [role["key"] for role in listed] == [*BUILTIN_ROLES, "hr"]
    assert [role["is_builtin"] for role in listed][-2:] == [True, False]
    assert deleted.status == 204
    assert not Role.unscoped.exists()


def test_a_stale_change_is_refused_and_one_without_version_too(client: RestClient) -> None:
    made = client.post(ROLES, NEW)
    one = f"{ROLES}/{made.body['id']}"
    client.patch(one, {"name": "Mine"}, **{"If-Match": '"1"'})

    stale = client.patch(one, {"name": "Theirs"}, **{"If-Match": '"1"'})
    blind = client.patch(one, {"name": "Theirs"})

    assert (stale.status, stale.code) == (412, "stale")
    assert (blind.status, blind.code) == (428, "version_required")
    assert Role.unscoped.get().name == "Mine"


def test_a_role_is_made_once_however_often_it_is_sent(client: RestClient) -> None:
    answers = [client.post(ROLES, NEW, **{"Idempotency-Key": "1"}) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert client.post(ROLES, NEW, **{"Idempotency-Key": "2"}).code == "role_key_taken"


def test_who_may_not_is_told_so(alice: User, eve: User, client: RestClient) -> None:
    made = client.post(ROLES, NEW).body["id"]

    assert signed_in(alice).get(ROLES).code == "not_permitted"
    assert signed_in(alice).post(ROLES, NEW).code == "not_permitted"
    assert signed_in(eve).patch(f"{ROLES}/{made}", {"name": "x"}, **{"If-Match": '"1"'}).status in {403, 404}
    assert signed_in(eve).delete(f"{ROLES}/{made}").status in {403, 404}
    assert Role.unscoped.get().name == "Human resources"
