"""REST: the log of a conversation, sending into it, and how far one has read it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as MaxQueries
from pytest_django import Settings

from apps.accounts.models import Terminal, User
from apps.common.rest.throttling import buckets
from apps.conversations.models import Conversation
from apps.messaging.api.events import EXAMPLE_ID
from apps.messaging.models import Event
from apps.tenants.models import Tenant
from apps.wire.ids import encode_message_id, parse_message_id
from tests.messaging.messages import TERMINAL, message_id
from tests.rest_client import Answer, RestClient, signed_in

NIL = UUID(int=0)


def url(conversation: Conversation, tail: str = "events") -> str:
    return f"/api/v1/conversations/{conversation.id}/{tail}"


def fresh_id(user: User, *, terminal: UUID = NIL) -> str:
    return encode_message_id(message_id(user.id, terminal=terminal))  # type: ignore[arg-type]


def send(client: RestClient, conversation: Conversation, message: str, text: str = "hello") -> Answer:
    return client.post(url(conversation), {"id": message, "kind": "text", "body": {"text": text}})


class TestSending:
    def test_a_message_is_stored_and_read_by_the_other(self, alice: User, bob: User, group: Conversation) -> None:
        sent_id = fresh_id(alice)

        sent = send(signed_in(alice), group, sent_id, "你好")

        assert sent.status == 201
        assert (sent.body["id"], sent.body["conversation"], sent.body["seq"]) == (sent_id, str(group.id), 2)
        (event,) = signed_in(bob).get(f"{url(group)}?after=1").body["items"]
        assert event == {
            "conversation": str(group.id),
            "seq": 2,
            "id": sent_id,
            "kind": "text",
            "sender": str(alice.id),
            "time": sent.body["time"],
            "body": {"text": "你好"},
        }

    def test_the_same_id_again_gives_the_same_answer(self, alice: User, group: Conversation) -> None:
        client, sent_id = signed_in(alice), fresh_id(alice)

        first, again = send(client, group, sent_id), send(client, group, sent_id)

        assert (first.status, again.status) == (201, 200)
        assert first.body == again.body
        assert Event.objects.for_tenant(alice.tenant_id).filter(conversation=group, kind="text").count() == 1

    def test_the_same_id_with_other_content_or_elsewhere_is_a_conflict(
        self, alice: User, group: Conversation, direct: Conversation
    ) -> None:
        client, sent_id = signed_in(alice), fresh_id(alice)
        send(client, group, sent_id)

        assert send(client, group, sent_id, "other").code == "message_id_conflict"
        assert send(client, direct, sent_id).code == "message_id_conflict"

    def test_from_a_terminal_of_ones_own(self, alice: User, group: Conversation) -> None:
        Terminal(id=TERMINAL, tenant_id=alice.tenant_id, user=alice, platform="bot", last_seen_at=timezone.now()).save()

        assert send(signed_in(alice), group, fresh_id(alice, terminal=TERMINAL)).status == 201

    def test_not_in_anothers_name_or_from_anothers_terminal(self, alice: User, bob: User, group: Conversation) -> None:
        assert send(signed_in(alice), group, fresh_id(bob)).code == "message_id_mismatch"
        assert send(signed_in(alice), group, fresh_id(alice, terminal=uuid4())).code == "message_id_mismatch"

    @pytest.mark.parametrize("bad_id", ["", "short", "!" * 64, "A" * 64, "x" * 5000])
    def test_a_bad_id_is_refused(self, alice: User, group: Conversation, bad_id: str) -> None:
        answer = send(signed_in(alice), group, bad_id)

        assert (answer.status, answer.code) == (400, "invalid_message_id")

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("text", {}),
            ("text", {"text": ""}),
            ("text", {"text": "x", "html": "<b>"}),
            ("text", "x"),
            ("text", {"text": "x" * 20_001}),
            ("nonsense", {"text": "x"}),
            ("members_added", {"members": []}),
            ("location", {"latitude": 91, "longitude": 0}),
        ],
    )
    def test_a_body_that_does_not_fit_its_kind_is_refused(
        self, alice: User, group: Conversation, kind: str, body: Any
    ) -> None:
        answer = signed_in(alice).post(url(group), {"id": fresh_id(alice), "kind": kind, "body": body})

        assert (answer.status, answer.code) == (400, "invalid_body")

    @pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": 1, "kind": "text", "body": {}}, [], None])
    def test_a_request_of_another_form_is_refused(self, alice: User, group: Conversation, body: Any) -> None:
        assert signed_in(alice).post(url(group), body).code == "invalid_input"

    def test_it_costs_a_bounded_number_of_queries(
        self, alice: User, group: Conversation, django_assert_max_num_queries: MaxQueries
    ) -> None:
        client, sent_id = signed_in(alice), fresh_id(alice)

        with django_assert_max_num_queries(8):  # token; begin, lock, known ids, members, log, event, commit
            assert send(client, group, sent_id).status == 201

    def test_it_has_a_rate_of_its_own(self, alice: User, group: Conversation, settings: Settings) -> None:
        settings.IM_REST_PER_MINUTE = {"request": 100, "send": 1}
        buckets.clear()
        client = signed_in(alice)

        assert send(client, group, fresh_id(alice)).status == 201
        refused = send(client, group, fresh_id(alice))

        assert (refused.status, refused.code) == (429, "rate_limited")
        assert client.get(url(group)).status == 200
        buckets.clear()

    def test_a_tenant_may_send_so_many_together(
        self, tenant: Tenant, alice: User, bob: User, group: Conversation
    ) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(messages_per_minute_max=2)
        buckets.clear()

        answers = [send(signed_in(user), group, fresh_id(user)) for user in (alice, bob, alice)]

        assert [answer.status for answer in answers] == [201, 201, 429]
        assert answers[2].code == "rate_limited"
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 30
        assert signed_in(bob).get(url(group)).status == 200
        buckets.clear()

    def test_the_example_of_the_documentation_is_a_message_id(self) -> None:
        assert parse_message_id(EXAMPLE_ID).terminal == NIL


class TestReading:
    @pytest.fixture
    def client(self, alice: User, group: Conversation) -> RestClient:
        """Alice's group holds seqs 1 to 10."""
        client = signed_in(alice)
        for number in range(2, 11):
            assert send(client, group, fresh_id(alice), f"number {number}").body["seq"] == number
        return client

    def seqs(self, answer: Answer) -> list[int]:
        return [event["seq"] for event in answer.body["items"]]

    @pytest.mark.parametrize(
        ("query", "seqs", "more"),
        [
            ("", list(range(1, 11)), False),
            ("limit=3", [8, 9, 10], True),
            ("after=0&limit=3", [1, 2, 3], True),
            ("after=7", [8, 9, 10], False),
            ("after=7&limit=3", [8, 9, 10], False),
            ("after=10", [], False),
            ("before=4", [1, 2, 3], False),
            ("before=9&limit=3", [6, 7, 8], True),
            ("before=1", [], False),
            ("before=0", [], False),
            ("before=9223372036854775807&limit=1", [10], True),
        ],
    )
    def test_one_can_page_both_ways(
        self, client: RestClient, group: Conversation, query: str, seqs: list[int], more: bool
    ) -> None:
        answer = client.get(f"{url(group)}?{query}")

        assert (self.seqs(answer), answer.body["more"], answer.body["max_seq"]) == (seqs, more, 10)

    def test_beyond_the_end_is_another_history(self, client: RestClient, group: Conversation) -> None:
        answer = client.get(f"{url(group)}?after=11")

        assert (answer.body["items"], answer.body["start_over"]) == ([], True)

    def test_what_was_said_before_one_joined_is_a_gap(
        self, client: RestClient, carol: User, group: Conversation
    ) -> None:
        client.post(url(group, "members"), {"members": [str(carol.id)]})
        late = signed_in(carol)

        forward, backward = late.get(f"{url(group)}?after=0"), late.get(f"{url(group)}?before=11")

        assert (self.seqs(forward), forward.body["gap_to"]) == ([11], 10)
        assert self.seqs(backward) == []

    def test_a_page_costs_three_queries(
        self, client: RestClient, group: Conversation, django_assert_max_num_queries: MaxQueries
    ) -> None:
        with django_assert_max_num_queries(3):  # the token, the end of the log, the events
            client.get(url(group))

    @pytest.mark.parametrize(
        "query", ["after=1&before=5", "limit=0", "limit=201", "after=-1", "after=x", "after=9223372036854775808"]
    )
    def test_bad_ranges_are_refused(self, client: RestClient, group: Conversation, query: str) -> None:
        assert client.get(f"{url(group)}?{query}").code == "invalid_input"


class TestPositions:
    def test_they_advance_and_never_go_back(self, alice: User, bob: User, group: Conversation) -> None:
        for _ in range(3):
            send(signed_in(alice), group, fresh_id(alice))
        client = signed_in(bob)

        received = client.put(url(group, "cursor"), {"delivered_seq": 4})
        read = client.put(url(group, "cursor"), {"read_seq": 3})
        back = client.put(url(group, "cursor"), {"delivered_seq": 1, "read_seq": 1})

        assert received.body == {
            "conversation": str(group.id),
            "max_seq": 4,
            "first_seq": 1,
            "delivered_seq": 4,
            "read_seq": 0,
            "unread": 3,
        }
        assert (read.body["read_seq"], read.body["unread"]) == (3, 1)
        assert back.body == read.body

    def test_they_end_with_the_log(self, bob: User, group: Conversation) -> None:
        answer = signed_in(bob).put(url(group, "cursor"), {"read_seq": 9_000_000_000_000_000_000})

        assert (answer.body["delivered_seq"], answer.body["read_seq"]) == (1, 1)

    @pytest.mark.parametrize("body", [{"read_seq": -1}, {"read_seq": "1"}, {"read_seq": 1.5}, {"seq": 1}, None])
    def test_bad_positions_are_refused(self, bob: User, group: Conversation, body: Any) -> None:
        assert signed_in(bob).put(url(group, "cursor"), body).code == "invalid_input"
