"""REST: the list of one's conversations, starting one, its title."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries as MaxQueries
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.conversations.models import Conversation
from apps.messaging.services import conversations
from tests.rest_client import Answer, signed_in

URL = "/api/v1/conversations"


def start(actor: User, /, **body: Any) -> Answer:
    return signed_in(actor).post(URL, body)


class TestStarting:
    def test_a_direct_conversation_is_made_once(self, alice: User, bob: User) -> None:
        first = start(alice, kind="direct", user=str(bob.id))
        second = start(bob, kind="direct", user=str(alice.id))

        assert (first.status, second.status) == (201, 200)
        assert first.body["state"]["conversation"] == second.body["state"]["conversation"]
        assert first.body["kind"] == "direct"
        assert {member["name"] for member in first.body["members"]} == {"Alice", "Bob"}
        assert first.body["last"]["kind"] == "conversation_created"

    def test_a_group_belongs_to_its_maker(self, alice: User, bob: User) -> None:
        answer = start(alice, kind="group", title=" 发布 ", members=[str(bob.id)])

        assert answer.status == 201
        assert (answer.body["title"], answer.body["member_count"]) == ("发布", 2)
        assert {member["name"]: member["role"] for member in answer.body["members"]} == {
            "Alice": "owner",
            "Bob": "member",
        }

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"kind": "channel"},
            {"kind": "direct"},
            {"kind": "direct", "user": "x"},
            {"kind": "group", "title": "x" * 101},
            {"kind": "group", "title": "a\nb"},
            {"kind": "group", "members": "x"},
            {"kind": "group", "surprise": 1},
        ],
    )
    def test_a_bad_wish_is_refused(self, alice: User, body: dict[str, Any]) -> None:
        answer = start(alice, **body)

        assert (answer.status, answer.code) == (400, "invalid_input")
        assert not Conversation.objects.for_tenant(alice.tenant_id).exists()

    def test_oneself_and_strangers_are_refused(self, alice: User, eve: User) -> None:
        assert start(alice, kind="direct", user=str(alice.id)).code == "direct_with_self"
        for stranger in (eve.id, uuid4()):
            assert start(alice, kind="direct", user=str(stranger)).code == "user_not_found"
            assert start(alice, kind="group", members=[str(stranger)]).code == "user_not_found"

    def test_a_group_has_a_bound(self, alice: User, bob: User, carol: User, settings: Settings) -> None:
        settings.IM_GROUP_MEMBERS_MAX = 2

        answer = start(alice, kind="group", title="Group", members=[str(bob.id), str(carol.id)])

        assert (answer.status, answer.code) == (409, "group_full")
        assert answer.body["fields"] == {"size": 3, "limit": 2}


class TestListing:
    def test_latest_activity_comes_first(self, alice: User, bob: User) -> None:
        for number in range(3):
            conversations.start_group(alice, title=f"G{number}", member_ids=[bob.id], now_ms=now_ms() + number)

        answer = signed_in(bob).get(URL)

        assert [item["title"] for item in answer.body["items"]] == ["G2", "G1", "G0"]
        assert answer.body["next"] == ""
        assert abs(answer.body["time"] - now_ms()) < 60_000

    def test_pages_hold_each_once(self, alice: User) -> None:
        for number in range(5):
            conversations.start_group(alice, title=f"G{number}", member_ids=[], now_ms=now_ms())
        client = signed_in(alice)
        titles: list[str] = []
        cursor, pages = "", 0

        while pages == 0 or cursor:
            page = client.get(f"{URL}?limit=2&cursor={cursor}").body
            titles += [item["title"] for item in page["items"]]
            cursor, pages = page["next"], pages + 1

        assert pages == 3
        assert sorted(titles) == ["G0", "G1", "G2", "G3", "G4"]

    def test_a_page_costs_the_same_whatever_its_size(
        self, alice: User, bob: User, django_assert_max_num_queries: MaxQueries
    ) -> None:
        for number in range(12):
            conversations.start_group(alice, title=f"G{number}", member_ids=[bob.id], now_ms=now_ms())
        client = signed_in(alice)

        with django_assert_max_num_queries(3):  # the token, the page, its members
            assert len(client.get(URL).body["items"]) == 12

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=nonsense", "cursor=!", "x=1"])
    def test_bad_parameters_are_refused(self, alice: User, query: str) -> None:
        answer = signed_in(alice).get(f"{URL}?{query}")

        assert (answer.status, answer.code) == (400, "invalid_input")


class TestOne:
    def test_it_looks_as_in_the_list(self, alice: User, group: Conversation) -> None:
        client = signed_in(alice)

        assert client.get(f"{URL}/{group.id}").body == client.get(URL).body["items"][0]

    def test_a_group_can_be_renamed(self, alice: User, group: Conversation) -> None:
        answer = signed_in(alice).patch(f"{URL}/{group.id}", {"title": "Dinner"})

        assert (answer.status, answer.body["title"]) == (200, "Dinner")
        assert answer.body["last"]["kind"] == "conversation_renamed"

    def test_not_by_anyone_and_not_to_anything(
        self, alice: User, bob: User, group: Conversation, direct: Conversation
    ) -> None:
        assert signed_in(bob).patch(f"{URL}/{group.id}", {"title": "Mine"}).code == "not_allowed"
        assert signed_in(alice).patch(f"{URL}/{direct.id}", {"title": "Us"}).code == "direct_immutable"
        for title in ("", "  ", "x" * 101, None, 5):
            assert signed_in(alice).patch(f"{URL}/{group.id}", {"title": title}).code == "invalid_input"
