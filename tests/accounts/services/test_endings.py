"""Ending what a program began."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.models import TerminalToken, User
from apps.accounts.services import chains
from apps.accounts.services.endings import end_program, end_scopes
from apps.common.wall.binding import bound
from apps.events.publish import Why
from apps.tenants.models import Tenant
from tests.accounts.programs import Program, flow_of, make_program
from tests.accounts.terminals import access_token_of, terminal_of
from tests.rest_client import issue_token


def test_it_takes_one_persons_or_everybodys_and_no_other_programs(tenant: Tenant, alice: User, bob: User) -> None:
    one, other = make_program(tenant, name="One"), make_program(tenant, name="Other")
    for user, program in ((alice, one), (bob, one), (alice, other)):
        flow_of(user, program).tokens()
    flow_of(alice, one).code()

    ended = end_program(one.application, user=alice)

    access, refreshing = get_access_token_model().objects, get_refresh_token_model().objects
    assert ended == 2
    assert not access.filter(user=alice, application=one.application).exists()
    assert not get_grant_model().objects.exists()
    assert refreshing.filter(revoked__isnull=True).count() == access.count() == 2

    end_program(one.application)

    assert list(access.values_list("application_id", flat=True)) == [other.application.pk]
    assert end_program(one.application) == 0


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The terminals whose sessions are closed."""
    told: list[Any] = []

    def note(user_id: UUID, *, terminal_id: UUID, why: Why) -> None:
        told.append((user_id, terminal_id, why))

    monkeypatch.setattr(chains, "revoke_on_commit", note)
    return told


def signed_in(user: User, program: Program, scope: str = "im", *, expired: bool = False) -> tuple[UUID, UUID, Why]:
    """Let a new terminal sign in by the program; return how the end of its session is told."""
    access = access_token_of(flow_of(user, program).tokens(scope=scope)["access_token"])
    terminal = terminal_of(user)
    refreshing = access.refresh_token
    if expired:
        get_access_token_model().objects.filter(pk=access.pk).update(expires=timezone.now())
    TerminalToken.unscoped.create(tenant=user.tenant, terminal=terminal, token_family=refreshing.token_family)
    return user.pk, terminal.pk, Why.TOKEN


def signed_in_once(user: User, program: Program) -> tuple[UUID, UUID, Why]:
    """The same by a token that nothing refreshes."""
    token = access_token_of(issue_token(user))
    get_access_token_model().objects.filter(pk=token.pk).update(application=program.application)
    terminal = terminal_of(user)
    TerminalToken.unscoped.create(tenant=user.tenant, terminal=terminal, access_token_id=token.pk)
    return user.pk, terminal.pk, Why.TOKEN


class TestScopesThatAreTakenAway:
    def test_end_the_tokens_that_hold_them_and_no_others(
        self, tenant: Tenant, alice: User, bob: User, closed: list[Any]
    ) -> None:
        one, other = make_program(tenant, name="One"), make_program(tenant, name="Other")
        concerned = signed_in(alice, one, "openid im")
        for user, program, scope in ((bob, one, "openid email"), (bob, one, "orgs.people.view"), (alice, other, "im")):
            signed_in(user, program, scope)

        now = timezone.now()
        ended = end_scopes(one.application, {"im", "orgsxpeople.view", "mail"}, now=now)

        living = get_access_token_model().objects.filter(expires__gt=now)
        assert ended == 1
        assert set(living.values_list("application__name", "scope")) == {
            ("One", "openid email"),
            ("One", "orgs.people.view"),
            ("Other", "im"),
        }
        assert closed == [concerned]

    def test_close_sessions_whose_token_has_expired_since(
        self, tenant: Tenant, alice: User, bob: User, closed: list[Any]
    ) -> None:
        program = make_program(tenant)
        concerned = [signed_in(alice, program, expired=True), signed_in_once(bob, program)]

        end_scopes(program.application, {"im"}, now=timezone.now())

        assert closed == sorted(concerned)

    def test_close_no_session_where_none_could_be_open(self, tenant: Tenant, alice: User, closed: list[Any]) -> None:
        program = make_program(tenant)
        signed_in(alice, program, "openid orgs.people.view")

        assert end_scopes(program.application, {"orgs.people.view"}, now=timezone.now()) == 1
        assert closed == []

    def test_are_nothing_where_there_are_none(self, tenant: Tenant, alice: User) -> None:
        program = make_program(tenant)
        flow_of(alice, program).tokens()

        assert end_scopes(program.application, set(), now=timezone.now()) == 0
        assert get_access_token_model().objects.filter(expires__gt=timezone.now()).exists()


def test_ending_a_persons_program_closes_its_sessions_and_no_others(
    tenant: Tenant, alice: User, bob: User, closed: list[Any]
) -> None:
    program, other = make_program(tenant), make_program(tenant, name="Other")
    of_alice = [signed_in(alice, program), signed_in(alice, program, expired=True), signed_in_once(alice, program)]
    of_bob = signed_in(bob, program)
    signed_in(alice, other)

    end_program(program.application, user=alice)
    assert closed == sorted(of_alice)
    end_program(program.application)

    assert closed == [*sorted(of_alice), of_bob]


def test_a_program_of_the_installation_is_ended_for_people_of_every_tenant(
    tenant: Tenant, alice: User, eve: User, closed: list[Any]
) -> None:
    program = make_program(tenant)
    concerned = [signed_in_once(alice, program), signed_in_once(eve, program)]

    with bound(tenant.pk):
        end_program(program.application)

    assert closed == sorted(concerned)
