"""A REST sender writes from a terminal of hers, or from none."""

from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory, force_authenticate

from apps.accounts.models import Terminal, User
from apps.accounts.services import revoke_terminal
from apps.messaging.api.actors import NO_TERMINAL, sender_of
from apps.wire.ids import TerminalId, UserId, make_message_id


def request_of(user: User) -> Request:
    raw = APIRequestFactory().get("/")
    force_authenticate(raw, user=user)
    request = Request(raw)
    request.user = user
    return request


def id_from(user: User, terminal_id: UUID) -> str:
    return make_message_id(UserId(user.id), TerminalId(terminal_id), time_ms=1, random=bytes(9)).to_text()


@pytest.fixture
def terminal(alice: User) -> Terminal:
    made = Terminal(id=uuid4(), tenant_id=alice.tenant_id, user=alice, platform="linux", last_seen_at=timezone.now())
    made.save()
    return made


def test_her_own_terminal_is_taken_from_the_id(
    alice: User, terminal: Terminal, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        sender = sender_of(request_of(alice), message_id=id_from(alice, terminal.id))

    assert (sender.user_id, sender.tenant_id, sender.terminal_id) == (alice.id, alice.tenant_id, terminal.id)


def test_anothers_an_unknown_and_a_revoked_terminal_are_not(
    alice: User, bob: User, eve: User, terminal: Terminal
) -> None:
    for user, terminal_id in [(bob, terminal.id), (eve, terminal.id), (alice, uuid4())]:
        assert sender_of(request_of(user), message_id=id_from(user, terminal_id)).terminal_id == NO_TERMINAL
    revoke_terminal(terminal)
    assert sender_of(request_of(alice), message_id=id_from(alice, terminal.id)).terminal_id == NO_TERMINAL


@pytest.mark.parametrize("message_id", ["", "x" * 64, "é"])
def test_an_id_that_says_nothing_names_no_terminal_and_costs_no_query(
    alice: User, message_id: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert sender_of(request_of(alice), message_id=message_id).terminal_id == NO_TERMINAL
