"""No request gets more expensive in queries as groups grow."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.clock import now_ms
from apps.conversations.models import Conversation
from apps.messaging.services import conversations
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.rest_client import RestClient, signed_in

FEW, MANY = 2, 25
BOUND = 24
"""The most expensive request: an owner leaving, with savepoints, the list after it and two events."""


@pytest.fixture
def people(tenant: Tenant) -> list[User]:
    return [create_user(tenant, username=f"p{number}", password=PASSWORD) for number in range(2 * MANY)]


def ids(users: list[User]) -> list[str]:
    return [str(user.id) for user in users]


def start(client: RestClient, group: str, people: list[User], size: int) -> int:
    body: dict[str, Any] = {"kind": "group", "title": "New", "members": ids(people[:size])}
    return client.post("/api/v1/conversations", body).status


def add(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.post(f"{group}/members", {"members": ids(people[MANY : MANY + size])}).status


def promote(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.patch(f"{group}/members/{people[0].id}", {"role": "admin"}).status


def rename(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.patch(group, {"title": "Renamed"}).status


def leave(client: RestClient, group: str, people: list[User], size: int) -> int:
    me = client.get("/api/v1/me").body["id"]
    return client.delete(f"{group}/members/{me}").status


def list_members(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.get(f"{group}/members").status


def read_one(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.get(group).status


def advance(client: RestClient, group: str, people: list[User], size: int) -> int:
    return client.put(f"{group}/cursor", {"read_seq": 1}).status


@pytest.mark.parametrize("act", [start, add, promote, rename, leave, list_members, read_one, advance])
def test_the_number_of_queries_does_not_depend_on_the_size(
    act: Callable[[RestClient, str, list[User], int], int], alice: User, people: list[User]
) -> None:
    client = signed_in(alice)
    counts = []

    for size in (FEW, MANY):
        group: Conversation = conversations.start_group(
            alice, title="Group", member_ids=[user.id for user in people[:size]], now_ms=now_ms()
        )
        with CaptureQueriesContext(connection) as queries:
            assert act(client, f"/api/v1/conversations/{group.id}", people, size) < 300
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= BOUND
