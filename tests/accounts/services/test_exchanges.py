"""Whatever happens between asking whether somebody may have tokens and storing them, none outlive it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.accounts.models import User
from apps.accounts.oauth.validator import Validator
from apps.accounts.services import create_user, deactivate_user, revoke_tokens
from apps.accounts.services.chains import end_chains
from apps.accounts.services.endings import end_program
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.accounts.programs import Flow, flow_of, make_program, make_service_account, post_token
from tests.conftest import PASSWORD

Happening = Callable[[Flow, User, dict[str, Any]], object]


@pytest.fixture
def flow(alice: User, tenant: Tenant) -> Flow:
    """Alice, signed in, and a website of Acme's."""
    return flow_of(alice, make_program(tenant))


def taken_back(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    fields = {"token": tokens["refresh_token"], **flow.program.credentials}
    assert Client().post("/oauth/revoke_token/", fields).status_code == 200


def access_taken_back(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    fields = {"token": tokens["access_token"], **flow.program.credentials}
    assert Client().post("/oauth/revoke_token/", fields).status_code == 200


def terminal_revoked(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    families = get_refresh_token_model().objects.values_list("token_family", flat=True)
    end_chains(list(families), [], now=timezone.now())


def signed_out(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    revoke_tokens(user)


def deactivated(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    deactivate_user(user)


def program_ended(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    end_program(flow.program.application, user=user)


def suspended(flow: Flow, user: User, tokens: dict[str, Any]) -> None:
    suspend_tenant(user.tenant)


def meanwhile(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object]) -> None:
    """Let it happen once the library has asked everything, and before anything is stored."""
    store = Validator.save_bearer_token

    def save_bearer_token(self: Validator, *args: Any, **fields: Any) -> Any:
        monkeypatch.setattr(Validator, "save_bearer_token", store)
        happen()
        return store(self, *args, **fields)

    monkeypatch.setattr(Validator, "save_bearer_token", save_bearer_token)


def living() -> int:
    """How many tokens are good for something."""
    access = get_access_token_model().objects.filter(expires__gt=timezone.now())
    refresh = get_refresh_token_model().objects.filter(revoked__isnull=True, access_token__isnull=False)
    return int(access.count() + refresh.count())


class TestRefreshing:
    @pytest.mark.parametrize(
        "happening",
        [taken_back, access_taken_back, terminal_revoked, signed_out, deactivated, program_ended],
    )
    def test_gives_nothing_that_outlives_what_ends_the_token(
        self, flow: Flow, alice: User, happening: Happening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tokens = flow.tokens()
        meanwhile(monkeypatch, lambda: happening(flow, alice, tokens))

        status, body = flow.refresh(tokens["refresh_token"])

        assert (status, body["error"]) == (400, "invalid_grant")
        assert living() == 0

    def test_gives_nothing_where_the_tenant_is_suspended(
        self, flow: Flow, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = flow.tokens()["refresh_token"]
        meanwhile(monkeypatch, lambda: suspended(flow, alice, {}))

        assert flow.refresh(token)[0] == 400

    def test_gives_nothing_for_a_row_that_is_gone(self, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
        token = flow.tokens()["refresh_token"]
        meanwhile(monkeypatch, lambda: get_refresh_token_model().objects.all().delete())

        assert flow.refresh(token)[0] == 400

    def test_a_former_token_takes_back_what_became_of_it(self, flow: Flow, alice: User) -> None:
        former = flow.tokens()
        _status, latter = flow.refresh(former["refresh_token"])

        taken_back(flow, alice, former)

        assert flow.refresh(latter["refresh_token"])[0] == 400
        assert living() == 0

    def test_another_programs_token_is_not_taken_back(self, flow: Flow, alice: User, tenant: Tenant) -> None:
        tokens, thief = flow.tokens(), Flow(make_program(tenant, name="Thief"))

        taken_back(thief, alice, tokens)

        assert flow.refresh(tokens["refresh_token"])[0] == 200

    def test_of_two_pairs_of_one_token_the_earlier_ends_the_chain(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        (_first, stolen), (_second, again) = flow.refresh(token), flow.refresh(token)

        status, body = flow.refresh(stolen["refresh_token"])

        assert (status, body["error"]) == (400, "invalid_grant")
        assert flow.refresh(again["refresh_token"])[0] == 400
        assert living() == 0

    def test_of_two_pairs_of_one_token_the_later_goes_on(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        (_first, _lost), (_second, again) = flow.refresh(token), flow.refresh(token)

        assert flow.refresh(again["refresh_token"])[0] == 200


class TestCodes:
    @pytest.mark.parametrize("happening", [signed_out, deactivated, program_ended])
    def test_give_nothing_that_outlives_what_ends_the_code(
        self, flow: Flow, alice: User, happening: Happening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = flow.code()
        meanwhile(monkeypatch, lambda: happening(flow, alice, {}))

        status, body = flow.exchange(code)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert living() == 0

    @pytest.mark.parametrize("happening", [signed_out, deactivated, program_ended])
    def test_of_before_are_worth_nothing_afterwards(self, flow: Flow, alice: User, happening: Happening) -> None:
        code = flow.code()

        happening(flow, alice, {})

        User.unscoped.filter(pk=alice.pk).update(is_active=True)
        assert flow.exchange(code)[1]["error"] == "invalid_grant"


class TestPasswordsAndSecrets:
    def test_a_password_that_was_changed_meanwhile_gives_nothing(
        self, alice: User, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))
        meanwhile(monkeypatch, lambda: revoke_tokens(alice))

        status, body = post_token(
            {"grant_type": "password", "username": alice.login, "password": PASSWORD, **program.credentials}
        )

        assert (status, body["error"]) == (400, "invalid_grant")
        assert living() == 0

    def test_a_service_account_that_was_stopped_meanwhile_gets_nothing(
        self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = make_service_account(tenant)
        program = make_program(tenant, kind="service", account=account, scopes=("orgs.people.view",))
        meanwhile(monkeypatch, lambda: deactivate_user(account))

        status, body = post_token({"grant_type": "client_credentials", **program.credentials})

        assert (status, body["error"]) == (400, "invalid_grant")
        assert living() == 0


@pytest.mark.django_db(transaction=True)
class TestTwoAtTheSameMoment:
    @pytest.fixture
    def tenant(self) -> Tenant:
        return Tenant.objects.create(slug="dora-co", name="D")

    @pytest.fixture
    def dora(self, tenant: Tenant) -> User:
        return create_user(tenant, username="dora", password=PASSWORD)

    def together(self, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any]) -> list[Any]:
        """Let two ask, and wait for each other when both were told that they may."""
        store, both = Validator.save_bearer_token, Barrier(2, timeout=60)

        def save_bearer_token(self: Validator, *args: Any, **fields: Any) -> Any:
            both.wait()
            return store(self, *args, **fields)

        def attempt(_number: int) -> Any:
            try:
                return ask()
            finally:
                connection.close()

        with monkeypatch.context() as patched, ThreadPoolExecutor(2) as programs:
            patched.setattr(Validator, "save_bearer_token", save_bearer_token)
            return list(programs.map(attempt, range(2)))

    def test_both_refresh_and_one_pair_lives_on(
        self, dora: User, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flow = flow_of(dora, make_program(tenant))
        token = flow.tokens()["refresh_token"]

        answers = self.together(monkeypatch, lambda: flow.refresh(token))

        given = [body["refresh_token"] for _status, body in answers]
        assert [status for status, _body in answers] == [200, 200]
        assert "" not in given
        assert len({body["access_token"] for _status, body in answers} | set(given)) == 4
        assert get_refresh_token_model().objects.filter(revoked__isnull=True).count() == 1

    def test_a_code_leaves_nobody_with_a_token(
        self, dora: User, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flow = flow_of(dora, make_program(tenant))
        code = flow.code()

        answers = self.together(monkeypatch, lambda: flow.exchange(code))

        assert 400 in [status for status, _body in answers]
        assert living() == 0
