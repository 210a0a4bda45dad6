"""Ending what a program began."""

from typing import Any

import pytest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.models import User
from apps.accounts.services import endings
from apps.accounts.services.endings import end_program, end_scopes
from apps.tenants.models import Tenant
from tests.accounts.programs import flow_of, make_program


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


class TestScopesThatAreTakenAway:
    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        told: list[Any] = []
        monkeypatch.setattr(endings, "revoke_on_commit", told.append)
        return told

    def test_end_the_tokens_that_hold_them_and_no_others(
        self, tenant: Tenant, alice: User, bob: User, closed: list[Any]
    ) -> None:
        one, other = make_program(tenant, name="One"), make_program(tenant, name="Other")
        for user, program, scope in (
            (alice, one, "openid im"),
            (bob, one, "openid email"),
            (bob, one, "orgs.people.view"),
            (alice, other, "im"),
        ):
            flow_of(user, program).tokens(scope=scope)

        now = timezone.now()
        ended = end_scopes(one.application, {"im", "orgsxpeople.view", "mail"}, now=now)

        living = get_access_token_model().objects.filter(expires__gt=now)
        assert ended == 1
        assert set(living.values_list("application__name", "scope")) == {
            ("One", "openid email"),
            ("One", "orgs.people.view"),
            ("Other", "im"),
        }
        assert closed == [alice.pk]

    def test_close_no_session_where_none_could_be_open(self, tenant: Tenant, alice: User, closed: list[Any]) -> None:
        program = make_program(tenant)
        flow_of(alice, program).tokens(scope="openid orgs.people.view")

        assert end_scopes(program.application, {"orgs.people.view"}, now=timezone.now()) == 1
        assert closed == []

    def test_are_nothing_where_there_are_none(self, tenant: Tenant, alice: User) -> None:
        program = make_program(tenant)
        flow_of(alice, program).tokens()

        assert end_scopes(program.application, set(), now=timezone.now()) == 0
        assert get_access_token_model().objects.filter(expires__gt=timezone.now()).exists()


def test_ending_a_persons_program_closes_her_sessions_and_nobody_elses(
    tenant: Tenant, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, told = make_program(tenant), list[Any]()
    monkeypatch.setattr(endings, "revoke_on_commit", told.append)
    for user in (alice, bob):
        flow_of(user, program).tokens(scope="im")

    end_program(program.application, user=alice)
    assert told == [alice.pk]
    end_program(program.application)

    assert told == [alice.pk, bob.pk]
