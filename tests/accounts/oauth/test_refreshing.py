"""Refreshing: once by each token, for no more than is still allowed, and what becomes of a stolen one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from oauth2_provider.models import get_refresh_token_model

from apps.accounts.models import TerminalToken, User
from apps.accounts.services import deactivate_user, revoke_tokens
from apps.accounts.services.tokens import checksum_of, user_for_token
from apps.events.publish import Why
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.accounts.programs import Flow, Program, flow_of, is_dead, make_program, narrow, post_token, told
from tests.accounts.terminals import sign_in_chain, terminal_of


class TestRefreshing:
    def test_a_stolen_token_ends_the_whole_chain(self, flow: Flow) -> None:
        stolen = flow.tokens()["refresh_token"]
        _status, second = flow.refresh(stolen)
        get_refresh_token_model().objects.filter(revoked__isnull=False).update(
            revoked=timezone.now() - timedelta(hours=1)
        )

        status, body = flow.refresh(stolen)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert is_dead(second["access_token"])
        assert flow.refresh(second["refresh_token"])[0] == 400

    def test_gives_no_wider_scope(self, flow: Flow) -> None:
        token = flow.tokens(scope="openid email")["refresh_token"]

        status, body = post_token(
            {
                "grant_type": "refresh_token",
                "refresh_token": token,
                "scope": "openid im",
                **flow.program.credentials,
            }
        )

        assert (status, body["error"]) == (400, "invalid_scope")

    def test_gives_no_scope_that_the_program_may_not_ask_for_any_more(self, flow: Flow, alice: User) -> None:
        before = flow.tokens(scope="openid im orgs.people.view")
        narrow(flow.program, "openid", "orgs.people.view")

        status, after = flow.refresh(before["refresh_token"])

        assert is_dead(before["access_token"])
        assert (status, after["scope"]) == (200, "openid orgs.people.view")
        assert user_for_token(after["access_token"])[1].scopes == {"openid", "orgs.people.view"}

    def test_gives_nothing_where_no_scope_is_left(self, flow: Flow) -> None:
        token = flow.tokens(scope="im")["refresh_token"]
        narrow(flow.program, "openid")

        status, body = flow.refresh(token)

        assert (status, body["error"]) == (400, "invalid_grant")

    def test_reuse_closes_the_sessions_of_the_chain_and_of_no_other(
        self, flow: Flow, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed: list[tuple[Any, dict[str, Any]]] = []
        monkeypatch.setattr(
            "apps.accounts.services.chains.revoke_on_commit", lambda user, **said: closed.append((user, said))
        )
        terminal, _other = terminal_of(alice), sign_in_chain(alice, terminal_of(alice))
        stolen = flow.tokens(scope="im")["refresh_token"]
        family = get_refresh_token_model().objects.get(token_checksum=checksum_of(stolen)).token_family
        TerminalToken.unscoped.create(tenant=alice.tenant, terminal=terminal, token_family=family)
        flow.refresh(stolen)
        assert closed == []
        get_refresh_token_model().objects.filter(revoked__isnull=False).update(
            revoked=timezone.now() - timedelta(hours=1)
        )

        flow.refresh(stolen)

        assert closed == [(alice.id, {"terminal_id": terminal.id, "why": Why.TOKEN})]

    def test_reuse_is_told_to_the_person_once_however_often_it_is_tried(self, flow: Flow, alice: User) -> None:
        stolen = flow.tokens()["refresh_token"]
        flow.refresh(stolen)
        assert told(alice) == []
        get_refresh_token_model().objects.filter(revoked__isnull=False).update(
            revoked=timezone.now() - timedelta(hours=1)
        )

        for _again in range(3):
            flow.refresh(stolen)

        assert told(alice) == [{"program": "Rota", "client_id": flow.program.client_id}]

    def test_a_token_that_just_ended_was_stolen_by_nobody(self, flow: Flow, alice: User) -> None:
        tokens = flow.tokens()
        revoke_tokens(alice)

        assert flow.refresh(tokens["refresh_token"])[0] == 400
        assert flow.refresh("unknown")[0] == 400
        assert told(alice) == []

    def test_another_program_cannot(self, flow: Flow, tenant: Tenant) -> None:
        token = flow.tokens()["refresh_token"]
        other = make_program(tenant, name="Other")

        assert Flow(other).refresh(token)[0] in {400, 401}

    def test_ends_with_the_user_the_tenant_and_the_program(
        self, alice: User, bob: User, tenant: Tenant, site: Program
    ) -> None:
        hers, his = (flow_of(user, site).tokens()["refresh_token"] for user in (alice, bob))

        deactivate_user(alice)
        assert Flow(site).refresh(hers)[0] == 400
        suspend_tenant(tenant)
        assert Flow(site).refresh(his)[0] == 400

    def test_ends_when_the_program_is_given_to_another_tenant(self, flow: Flow, other_tenant: Tenant) -> None:
        token = flow.tokens()["refresh_token"]
        flow.program.registration.tenant = other_tenant
        flow.program.registration.save()

        assert flow.refresh(token)[0] == 400
