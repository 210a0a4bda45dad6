"""REST: one's own terminals."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.api import terminals as api
from apps.accounts.models import Terminal, User
from apps.common.clock import to_ms
from tests.accounts.terminals import is_alive, sign_in_chain, terminal_of
from tests.rest_client import RestClient, signed_in

PATH = "/api/v1/me/terminals"


def in_use(user: User) -> set[Any]:
    return set(Terminal.unscoped.filter(user=user, revoked_at__isnull=True).values_list("pk", flat=True))


class TestListing:
    def test_it_tells_of_each_and_which_one_asks(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        terminal, other = terminal_of(alice), terminal_of(alice)
        Terminal.unscoped.filter(pk=other.pk).update(address="10.0.0.9", label="Kitchen", displaced_at=other.created_at)
        terminal_of(bob)
        monkeypatch.setattr(api, "open_terminals", lambda user_id: {terminal.id} if user_id == alice.id else set())
        client = RestClient(sign_in_chain(alice, terminal))

        with django_assert_num_queries(3):
            answer = client.get(PATH)

        assert answer.status == 200
        assert answer.body["items"] == [
            {
                "id": str(other.id),
                "platform": "linux",
                "name": "Desk",
                "label": "Kitchen",
                "address": "10.0.0.9",
                "place": "private",
                "created": to_ms(other.created_at),
                "last_seen": to_ms(other.last_seen_at),
                "is_current": False,
                "is_online": False,
                "is_closed": True,
            },
            {
                "id": str(terminal.id),
                "platform": "linux",
                "name": "Desk",
                "label": "",
                "address": "",
                "place": "",
                "created": to_ms(terminal.created_at),
                "last_seen": to_ms(terminal.last_seen_at),
                "is_current": True,
                "is_online": True,
                "is_closed": False,
            },
        ]

    def test_revoked_ones_are_left_out(self, alice: User) -> None:
        terminal_of(alice)
        Terminal.unscoped.update(revoked_at=Terminal.unscoped.get().created_at)

        assert signed_in(alice).get(PATH).body == {"items": []}


class TestNaming:
    def test_a_terminal_gets_a_name(self, alice: User) -> None:
        terminal = terminal_of(alice)

        answer = signed_in(alice).patch(f"{PATH}/{terminal.id}", {"label": "Kitchen"})

        assert (answer.status, answer.body["label"], answer.body["name"]) == (200, "Kitchen", "Desk")

    @pytest.mark.parametrize("body", [{}, {"label": "x" * 65}, {"label": "a\nb"}, {"label": "x", "id": "y"}], ids=str)
    def test_but_no_other_change(self, alice: User, body: dict[str, str]) -> None:
        assert signed_in(alice).patch(f"{PATH}/{terminal_of(alice).id}", body).status == 400


class TestRevoking:
    def test_it_is_shut_out_with_its_tokens(self, alice: User) -> None:
        terminal, own = terminal_of(alice), terminal_of(alice)
        token = sign_in_chain(alice, terminal)
        client = RestClient(sign_in_chain(alice, own))

        assert client.delete(f"{PATH}/{terminal.id}").status == 204

        assert (in_use(alice), is_alive(token)) == ({own.id}, False)
        assert RestClient(token).get(PATH).code == "token_invalid"
        assert client.delete(f"{PATH}/{terminal.id}").code == "terminal_not_found"

    def test_all_others_go_at_once(self, alice: User, bob: User) -> None:
        own, his = terminal_of(alice), terminal_of(bob)
        client = RestClient(sign_in_chain(alice, own))
        for _ in range(2):
            terminal_of(alice)

        assert client.post(f"{PATH}/revoke-others").body == {"count": 2}

        assert (in_use(alice), in_use(bob)) == ({own.id}, {his.id})

    def test_a_program_that_is_no_terminal_shuts_all_out(self, alice: User) -> None:
        terminal_of(alice)

        assert signed_in(alice).post(f"{PATH}/revoke-others").body == {"count": 1}

    @pytest.mark.parametrize("other", ["bob", "eve"])
    def test_nobody_elses(self, alice: User, bob: User, eve: User, other: str) -> None:
        terminal = terminal_of({"bob": bob, "eve": eve}[other])

        for terminal_id in (terminal.id, uuid4()):
            assert signed_in(alice).delete(f"{PATH}/{terminal_id}").code == "terminal_not_found"
            assert signed_in(alice).patch(f"{PATH}/{terminal_id}", {"label": "X"}).code == "terminal_not_found"

        terminal.refresh_from_db()
        assert (terminal.revoked_at, terminal.label) == (None, "")
