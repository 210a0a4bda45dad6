"""REST: who is in a conversation."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries as MaxQueries

from apps.accounts.models import User
from apps.conversations.models import Conversation
from tests.rest_client import signed_in


def url(conversation: Conversation, user: User | None = None) -> str:
    tail = f"/{user.id}" if user else ""
    return f"/api/v1/conversations/{conversation.id}/members{tail}"


class TestListing:
    def test_members_show_roles_and_positions(
        self, alice: User, bob: User, group: Conversation, django_assert_max_num_queries: MaxQueries
    ) -> None:
        client = signed_in(bob)
        client.put(f"/api/v1/conversations/{group.id}/cursor", {"read_seq": 1})

        with django_assert_max_num_queries(2):  # the token, the page
            answer = client.get(url(group))

        assert answer.body == {
            "items": [
                {"user": str(alice.id), "name": "Alice", "role": "owner"},
                {"user": str(bob.id), "name": "Bob", "role": "member", "delivered_seq": 1, "read_seq": 1},
            ],
            "next": "",
        }

    def test_pages_hold_each_once(self, alice: User, bob: User, carol: User, group: Conversation) -> None:
        client = signed_in(alice)
        client.post(url(group), {"members": [str(carol.id)]})

        first = client.get(f"{url(group)}?limit=2").body
        second = client.get(f"{url(group)}?limit=2&cursor={first['next']}").body

        assert [member["name"] for member in first["items"] + second["items"]] == ["Alice", "Bob", "张卡罗"]
        assert second["next"] == ""

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=nonsense"])
    def test_bad_parameters_are_refused(self, alice: User, group: Conversation, query: str) -> None:
        assert signed_in(alice).get(f"{url(group)}?{query}").code == "invalid_input"


class TestAdding:
    def test_who_is_new_is_named_and_sees_the_group(
        self, alice: User, bob: User, carol: User, group: Conversation
    ) -> None:
        answer = signed_in(alice).post(url(group), {"members": [str(bob.id), str(carol.id)]})

        assert (answer.status, answer.body) == (200, {"added": [str(carol.id)]})
        events = signed_in(carol).get(f"/api/v1/conversations/{group.id}/events").body["items"]
        assert [event["kind"] for event in events] == ["members_added"]

    def test_not_by_plain_members_and_not_to_a_pair(
        self, alice: User, bob: User, carol: User, group: Conversation, direct: Conversation
    ) -> None:
        wish = {"members": [str(carol.id)]}

        assert signed_in(bob).post(url(group), wish).code == "not_allowed"
        assert signed_in(alice).post(url(direct), wish).code == "direct_immutable"

    def test_strangers_stay_out(self, alice: User, eve: User, group: Conversation) -> None:
        for stranger in (eve.id, uuid4()):
            assert signed_in(alice).post(url(group), {"members": [str(stranger)]}).code == "user_not_found"

    @pytest.mark.parametrize("body", [{}, {"members": []}, {"members": ["x"]}, {"members": None}])
    def test_a_bad_wish_is_refused(self, alice: User, group: Conversation, body: dict[str, Any]) -> None:
        assert signed_in(alice).post(url(group), body).code == "invalid_input"


class TestRoles:
    def test_the_owner_gives_them(self, alice: User, bob: User, group: Conversation) -> None:
        answer = signed_in(alice).patch(url(group, bob), {"role": "admin"})

        assert answer.status == 204
        assert signed_in(bob).get(url(group)).body["items"][1]["role"] == "admin"

    def test_nobody_else_does(self, alice: User, bob: User, carol: User, group: Conversation) -> None:
        assert signed_in(bob).patch(url(group, bob), {"role": "owner"}).code == "not_allowed"
        assert signed_in(alice).patch(url(group, carol), {"role": "admin"}).code == "member_not_found"
        assert signed_in(alice).patch(url(group, alice), {"role": "member"}).code == "owner_stays"
        assert signed_in(alice).patch(url(group, bob), {"role": "king"}).code == "invalid_input"


class TestLeaving:
    def test_a_member_is_removed_and_sees_nothing_more(self, alice: User, bob: User, group: Conversation) -> None:
        assert signed_in(alice).delete(url(group, bob)).status == 204

        assert signed_in(bob).get(f"/api/v1/conversations/{group.id}/events").code == "conversation_not_found"
        assert signed_in(alice).delete(url(group, bob)).code == "member_not_found"

    def test_an_owner_who_leaves_is_succeeded(self, alice: User, bob: User, group: Conversation) -> None:
        assert signed_in(alice).delete(url(group, alice)).status == 204

        members = signed_in(bob).get(url(group)).body["items"]
        assert [(member["name"], member["role"]) for member in members] == [("Bob", "owner")]

    def test_not_everyone_removes_and_nobody_leaves_a_pair(
        self, alice: User, bob: User, group: Conversation, direct: Conversation
    ) -> None:
        assert signed_in(bob).delete(url(group, alice)).code == "not_allowed"
        assert signed_in(alice).delete(url(direct, alice)).code == "direct_immutable"
