"""Whoever is shut out is shut out now: open sockets close, not only later sign-ins."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from channels.layers import get_channel_layer
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Terminal as Terminals
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, revoke_terminal, revoke_tokens, set_password
from apps.accounts.services.chains import close_sessions_of
from apps.accounts.services.consents import withdraw
from apps.accounts.services.placing import Newcomer, take_places
from apps.common.clock import now_ms
from apps.events.asking import open_terminals
from apps.events.publish import GAP, REVOKE, user_group
from apps.gateway import lifespan
from apps.gateway.registry import Connection, Registry
from apps.wire.errors import CloseCode
from tests.accounts.programs import flow_of, make_program
from tests.accounts.terminals import access_token_of
from tests.conftest import PASSWORD
from tests.gateway.conftest import Dial, in_database
from tests.rest_client import issue_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the layer loses: every word that somebody is shut out, as when a link breaks right then."""
    layer: Any = get_channel_layer()
    messages: list[dict[str, Any]] = []

    async def lose(groups: Sequence[str], message: dict[str, Any]) -> None:
        messages.append(message)

    monkeypatch.setattr(layer, "group_send_many", lose)
    return messages


async def notice_a_gap() -> None:
    """Let the layer say that messages of the last moment may be missing."""
    node = await lifespan.running_node()
    node.registry.deliver({"type": GAP, "groups": None, "since_ms": now_ms()})


def change_password(user: User) -> None:
    set_password(user, password=f"{PASSWORD}, another one")


@pytest.mark.parametrize(
    ("shut_out", "reason"),
    [
        (deactivate_user, "account_suspended"),
        (change_password, "password_changed"),
        (revoke_tokens, "signed_out"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_all_sessions_of_the_user_close_and_are_told_why_and_nobody_elses(
    shut_out: Callable[[User], None], reason: str, dial: Dial, alice: User, bob: User
) -> None:
    desk, phone, other = await dial(alice), await dial(alice), await dial(bob)

    await in_database(shut_out, alice)

    for terminal in (desk, phone):
        assert (await terminal.receive())["reason"] == reason
        assert await terminal.closed() == 4403
    assert await other.is_quiet()


async def test_a_revoked_terminal_closes_and_the_users_others_stay(dial: Dial, alice: User) -> None:
    lost, kept = await dial(alice), await dial(alice)
    row = await in_database(Terminals.objects.for_tenant(alice.tenant_id).get, pk=lost.terminal)

    await in_database(revoke_terminal, row)

    assert (await lost.receive())["reason"] == "revoked"
    assert await lost.closed() == 4403
    assert await kept.is_quiet()


@pytest.mark.parametrize("shut_out", [deactivate_user, change_password, revoke_tokens], ids=lambda act: act.__name__)
async def test_a_user_shut_out_in_a_gap_has_to_sign_in_again_and_nobody_else(
    shut_out: Callable[[User], None], dial: Dial, alice: User, bob: User, lost: list[dict[str, Any]]
) -> None:
    desk, other = await dial(alice), await dial(bob)
    token = await in_database(issue_token, alice)
    await in_database(shut_out, alice)

    await notice_a_gap()

    assert [message["type"] for message in lost] == [REVOKE]
    assert (await desk.receive())["reason"] == "restart"
    assert await desk.closed() == CloseCode.RESTART
    again = await dial(alice, sign_in=False)
    assert (await again.sign_in(token=token))["code"] == "token_invalid"
    assert await other.is_quiet()


async def test_a_terminal_revoked_in_a_gap_has_to_sign_in_again_and_is_refused(
    dial: Dial, alice: User, lost: list[dict[str, Any]]
) -> None:
    stolen, kept = await dial(alice), await dial(alice)
    row = await in_database(Terminals.objects.for_tenant(alice.tenant_id).get, pk=stolen.terminal)
    await in_database(revoke_terminal, row)

    await notice_a_gap()

    assert [message["type"] for message in lost] == [REVOKE]
    assert (await stolen.receive())["reason"] == "restart"
    assert await stolen.closed() == CloseCode.RESTART
    again = await dial(alice, sign_in=False, terminal=stolen.terminal)
    assert (await again.sign_in())["code"] == "terminal_refused"
    assert await kept.is_quiet()


async def test_a_gap_in_which_nobody_was_shut_out_closes_nothing(dial: Dial, alice: User) -> None:
    desk = await dial(alice)

    await notice_a_gap()

    assert await desk.is_quiet()


@pytest.mark.parametrize("shut_out", [deactivate_user, change_password, revoke_tokens], ids=lambda act: act.__name__)
async def test_who_is_shut_out_while_she_signs_in_does_not_get_in(
    shut_out: Callable[[User], None], dial: Dial, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the check of her token, and before her session could hear of it."""
    join = Registry.join

    async def join_too_late(self: Registry, connection: Connection, user: UUID) -> None:
        await in_database(shut_out, alice)
        await join(self, connection, user)

    monkeypatch.setattr(Registry, "join", join_too_late)
    terminal = await dial(alice, sign_in=False)

    answer = await terminal.sign_in()

    assert (answer["op"], answer["code"]) == ("error", "token_invalid")
    node = await lifespan.running_node()
    assert not node.registry.sessions(user_group(alice.id))


def displace(terminal: UUID) -> None:
    """As a sign-in at another node would."""
    row = Terminals.unscoped.get(pk=terminal)
    row.tenant.settings = {"terminals": {"per_platform": {"web": 1}}}
    row.tenant.save()
    other = Terminals.unscoped.create(
        id=UUID(int=77), tenant=row.tenant, user=row.user, platform="web", name="Laptop", last_seen_at=row.created_at
    )
    take_places([Newcomer(row.user_id, other.id, "web")], now=timezone.now())


async def test_a_terminal_whose_place_another_one_took_is_told_so_now_and_when_it_comes_back(
    dial: Dial, alice: User
) -> None:
    token = await in_database(issue_token, alice)
    first = await dial(alice, sign_in=False)
    await first.sign_in(token=token)

    await in_database(displace, first.terminal)

    closing = await first.receive()
    assert (closing["reason"], closing["details"]["name"]) == ("signed_in_elsewhere", "Laptop")
    assert await first.closed() == CloseCode.DISPLACED
    again = await dial(alice, sign_in=False, terminal=first.terminal)
    refused = await again.sign_in(token=token)
    assert (refused["code"], refused["details"]["name"]) == ("signed_in_elsewhere", "Laptop")


def take_back(token: str) -> None:
    row = access_token_of(token)
    with transaction.atomic():
        close_sessions_of(row)
        row.revoke()


async def test_a_token_that_is_taken_back_ends_the_sessions_it_opened_and_no_others(dial: Dial, alice: User) -> None:
    token = await in_database(issue_token, alice)
    desk, phone = await dial(alice, sign_in=False), await dial(alice)
    await desk.sign_in(token=token)

    await in_database(take_back, token)

    assert (await desk.receive())["reason"] == "token_invalid"
    assert await desk.closed() == CloseCode.SIGN_IN
    assert await phone.is_quiet()


async def test_a_program_that_consent_is_taken_back_from_loses_its_sessions_of_that_person_and_no_others(
    dial: Dial, alice: User, bob: User
) -> None:
    program = await in_database(make_program, alice.tenant)
    sessions = []
    for user in (alice, bob):
        tokens = await in_database(flow_of(user, program).tokens, scope="openid im")
        sessions.append(await dial(user, sign_in=False))
        assert (await sessions[-1].sign_in(token=tokens["access_token"]))["op"] == "welcome"
    of_alice, of_bob, desk = *sessions, await dial(alice)

    await in_database(withdraw, alice, program.application.pk, now=timezone.now())

    assert (await of_alice.receive())["reason"] == "token_invalid"
    assert await of_alice.closed() == CloseCode.SIGN_IN
    assert await of_bob.is_quiet()
    assert await desk.is_quiet()


async def test_a_node_tells_who_is_there(dial: Dial, alice: User, bob: User) -> None:
    desk, phone, _other = await dial(alice), await dial(alice), await dial(bob)

    assert await asyncio.to_thread(open_terminals, alice.id) == {desk.terminal, phone.terminal}
