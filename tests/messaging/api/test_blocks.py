"""REST: blocking people, and what it does to sending."""

from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.conversations.models import Conversation
from apps.messaging.api.actors import NO_TERMINAL
from apps.orgs.models import Block
from apps.tenants.models import Tenant
from apps.wire.ids import encode_message_id
from tests.conftest import PASSWORD
from tests.messaging.messages import message_id
from tests.rest_client import Answer, signed_in


def send(user: User, conversation: Conversation) -> Answer:
    new = encode_message_id(message_id(user.id, terminal=NO_TERMINAL))
    body = {"id": new, "kind": "text", "body": {"text": "hi"}}
    return signed_in(user).post(f"/api/v1/conversations/{conversation.pk}/events", body)


class TestBlocking:
    def test_it_ends_writing_both_ways_until_it_is_lifted(self, alice: User, bob: User, direct: Conversation) -> None:
        assert signed_in(bob).put(f"/api/v1/blocks/{alice.id}").status == 204

        assert [(answer.status, answer.code) for answer in (send(alice, direct), send(bob, direct))] == [
            (403, "blocked"),
            (403, "blocked"),
        ]

        assert signed_in(bob).delete(f"/api/v1/blocks/{alice.id}").status == 204
        assert send(alice, direct).status == 201

    def test_groups_go_on(self, alice: User, bob: User, group: Conversation) -> None:
        signed_in(bob).put(f"/api/v1/blocks/{alice.id}")

        assert send(alice, group).status == 201

    def test_what_was_said_stays(self, alice: User, bob: User, direct: Conversation) -> None:
        send(alice, direct)
        signed_in(bob).put(f"/api/v1/blocks/{alice.id}")

        events = signed_in(bob).get(f"/api/v1/conversations/{direct.pk}/events").body["items"]

        assert [event["kind"] for event in events] == ["conversation_created", "text"]

    def test_nobody_of_another_company_nor_oneself(self, alice: User, eve: User) -> None:
        assert signed_in(alice).put(f"/api/v1/blocks/{eve.id}").code == "user_not_found"
        assert signed_in(alice).put(f"/api/v1/blocks/{alice.id}").code == "user_not_found"
        assert signed_in(alice).delete(f"/api/v1/blocks/{eve.id}").code == "user_not_found"


class TestListing:
    def test_ones_own_are_listed(self, alice: User, bob: User, carol: User) -> None:
        signed_in(alice).put(f"/api/v1/blocks/{bob.id}")
        signed_in(bob).put(f"/api/v1/blocks/{carol.id}")

        answer = signed_in(alice).get("/api/v1/blocks")

        assert [item["user"] for item in answer.body["items"]] == [
            {"id": str(bob.id), "username": "bob", "display_name": "Bob"}
        ]
        assert answer.body["items"][0]["at"] > 1_700_000_000_000

    def test_pages_hold_everyone_once_newest_first(
        self, tenant: Tenant, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        people = [create_user(tenant, username=f"u{number}", password=PASSWORD) for number in range(3)]
        for number, user in enumerate(people):
            Block(id=UUID(int=number), tenant_id=tenant.id, user=alice, blocked=user).save()
        client = signed_in(alice)

        with django_assert_num_queries(2):  # the token, the page
            first = client.get("/api/v1/blocks?limit=2").body
        second = client.get(f"/api/v1/blocks?limit=2&cursor={first['next']}").body

        names = [item["user"]["username"] for page in (first, second) for item in page["items"]]
        assert (names, second["next"]) == (["u2", "u1", "u0"], "")

    @pytest.mark.parametrize("query", ["limit=0", "cursor=nonsense", "x=1"])
    def test_bad_parameters_are_refused(self, alice: User, query: str) -> None:
        assert signed_in(alice).get(f"/api/v1/blocks?{query}").code == "invalid_input"
