"""Ways to a token, and the attacks on them: replay, theft, mixing up, and asking for more."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import (
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_refresh_token_model,
)

from apps.accounts.models import IssuedCode, User
from apps.accounts.services.codes import redeem
from apps.accounts.services.tokens import user_for_token
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.accounts import programs
from tests.accounts.factors import set_policy, with_codes
from tests.accounts.programs import (
    Flow,
    Program,
    flow_of,
    is_dead,
    make_program,
    make_service_account,
    narrow,
    post_token,
    told,
)
from tests.conftest import PASSWORD


class TestCodes:
    def test_become_tokens_of_what_was_allowed(self, flow: Flow, alice: User) -> None:
        tokens = flow.tokens(scope="openid orgs.people.view")

        user, access = user_for_token(tokens["access_token"])
        assert (user, access.scopes) == (alice, frozenset({"openid", "orgs.people.view"}))
        assert access.client_id == flow.program.client_id
        assert not access.is_whole

    def test_shown_twice_end_what_they_were_exchanged_for_and_the_person_is_told(self, flow: Flow, alice: User) -> None:
        code = flow.code()
        _status, tokens = flow.exchange(code)
        _status, fresh = flow.refresh(tokens["refresh_token"])

        status, body = flow.exchange(code)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert is_dead(fresh["access_token"])
        assert flow.refresh(fresh["refresh_token"])[0] == 400
        flow.exchange(code)
        assert told(alice) == [{"program": "Rota", "client_id": flow.program.client_id}]

    def test_shown_twice_at_the_same_moment_leave_nobody_with_a_token(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = flow.code()
        first: list[dict[str, Any]] = []

        def redeem_second(issued: IssuedCode, family: Any) -> bool:
            """The other exchange wins just before this one stores its tokens."""
            monkeypatch.setattr("apps.accounts.oauth.validator.redeem", redeem)
            first.append(flow.exchange(code)[1])
            return redeem(issued, family)

        monkeypatch.setattr("apps.accounts.oauth.validator.redeem", redeem_second)

        status, body = flow.exchange(code)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert is_dead(first[0]["access_token"])
        assert not get_access_token_model().objects.exists()
        assert not get_refresh_token_model().objects.filter(revoked__isnull=True).exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"code_verifier": ""},
            {"code_verifier": "another-verifier-that-is-also-long-enough-for-rfc-7636"},
            {"code_verifier": programs.CHALLENGE},
            {"redirect_uri": "https://app.example/other"},
            {"client_secret": "wrong"},
            {"client_secret": ""},
        ],
    )
    def test_are_worth_nothing_to_a_thief(self, flow: Flow, fields: dict[str, str]) -> None:
        status, body = flow.exchange(flow.code(), **fields)

        assert status in {400, 401}
        assert body["error"] in {"invalid_grant", "invalid_client", "invalid_request"}
        assert not get_access_token_model().objects.exists()

    def test_of_one_program_are_worth_nothing_to_another(self, flow: Flow, tenant: Tenant) -> None:
        other = make_program(tenant, name="Other")

        status, body = flow.exchange(flow.code(), **other.credentials)

        assert (status, body["error"]) == (400, "invalid_grant")

    def test_become_no_tokens_of_what_may_not_be_asked_for_any_more(self, flow: Flow) -> None:
        both, one = flow.code(scope="openid im"), flow.code(scope="im")
        narrow(flow.program, "openid")

        status, tokens = flow.exchange(both)

        assert (status, tokens["scope"]) == (200, "openid")
        assert flow.exchange(one)[1]["error"] == "invalid_grant"

    def test_end_with_their_user(self, flow: Flow, alice: User) -> None:
        code = flow.code()
        alice.is_active = False
        alice.save()

        assert flow.exchange(code)[0] == 400

    def test_are_over_after_a_minute(self, flow: Flow) -> None:
        code = flow.code()
        get_grant_model().objects.update(expires=timezone.now() - timedelta(seconds=1))

        assert flow.exchange(code)[0] == 400

    def test_are_not_kept_where_they_could_be_read_later(self, flow: Flow) -> None:
        code = flow.code()

        assert code not in str(IssuedCode.unscoped.values())


class TestPasswords:
    def ask(self, user: User, program: Program) -> tuple[int, dict[str, Any]]:
        return post_token(
            {"grant_type": "password", "username": user.login, "password": PASSWORD, **program.credentials}
        )

    def test_are_for_own_programs_of_the_right_tenant_only(self, alice: User, eve: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))

        status, tokens = self.ask(alice, program)
        foreign_status, foreign = self.ask(eve, program)

        assert (status, user_for_token(tokens["access_token"])[0]) == (200, alice)
        assert told(alice, "accounts.user.signed_in") == [{"by": "password", "program": "Rota"}]
        assert (foreign_status, foreign["error"]) == (400, "invalid_grant")

    def test_are_not_enough_for_who_has_a_second_factor(self, alice: User, bob: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))
        with_codes(alice)

        status, body = self.ask(alice, program)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert "authorization code" in body["error_description"]
        assert not get_access_token_model().objects.exists()
        assert self.ask(bob, program)[0] == 200

    def test_are_not_enough_where_everybody_needs_one(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))
        set_policy(tenant, second_factor="everyone")

        assert self.ask(alice, program)[1]["error"] == "invalid_grant"

    def test_that_have_to_be_changed_open_nothing(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))
        set_policy(tenant, password_max_age_days=30)
        assert self.ask(alice, program)[0] == 200
        User.unscoped.filter(pk=alice.pk).update(password_set_at=timezone.now() - timedelta(days=31))

        status, body = self.ask(alice, program)

        assert (status, body["error"]) == (400, "invalid_grant")
        assert "changed" in body["error_description"]

    def test_do_not_tell_a_guesser_what_else_an_account_needs(self, alice: User, bob: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="own", redirect_uris=("",))
        with_codes(alice)
        names = (alice.login, bob.login, f"nobody@{tenant.slug}")

        answers = [
            post_token({"grant_type": "password", "username": name, "password": "wrong", **program.credentials})
            for name in names
        ]

        assert answers == [answers[0]] * 3

    def test_are_not_for_sites(self, alice: User, site: Program) -> None:
        status, body = self.ask(alice, site)

        assert (status, body["error"]) == (400, "unauthorized_client")

    def test_are_not_for_what_an_old_row_says_it_may(self, alice: User, site: Program) -> None:
        get_application_model().objects.filter(pk=site.application.pk).update(authorization_grant_type="password")

        assert self.ask(alice, site)[1]["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    ("kind", "grant"),
    [
        ("site", "password"),
        ("site", "client_credentials"),
        ("app", "password"),
        ("app", "client_credentials"),
        ("own", "authorization_code"),
        ("own", "client_credentials"),
        ("service", "authorization_code"),
        ("service", "password"),
    ],
)
def test_a_program_has_the_ways_of_its_kind_and_no_other(alice: User, tenant: Tenant, kind: str, grant: str) -> None:
    account = make_service_account(tenant) if kind == "service" else None
    addresses = (programs.CALLBACK,) if kind in {"site", "app"} else ("",)
    program = make_program(tenant, kind=kind, account=account, redirect_uris=addresses)
    proofs = {"username": alice.login, "password": PASSWORD, "code": "x"}
    fields = {**proofs, "code_verifier": programs.VERIFIER, "redirect_uri": programs.CALLBACK}

    status, body = post_token({"grant_type": grant, **fields, **program.credentials})

    assert (status, body["error"]) in [(400, "unauthorized_client"), (401, "invalid_client")]


class TestClientCredentials:
    def ask(self, program: Program, **fields: str) -> tuple[int, dict[str, Any]]:
        return post_token({"grant_type": "client_credentials", **program.credentials, **fields})

    def make(self, tenant: Tenant) -> tuple[Program, User]:
        account = make_service_account(tenant)
        return make_program(tenant, kind="service", account=account, scopes=("orgs.people.view",)), account

    def test_make_a_token_of_the_service_account(self, tenant: Tenant) -> None:
        program, account = self.make(tenant)

        status, tokens = self.ask(program)

        user, access = user_for_token(tokens["access_token"])
        assert (status, user, access.scopes) == (200, account, frozenset({"orgs.people.view"}))
        assert "refresh_token" not in tokens

    @pytest.mark.parametrize("secret", ["", "wrong", "imsite_sha256$"])
    def test_need_the_secret(self, tenant: Tenant, secret: str) -> None:
        program, _account = self.make(tenant)
        stored = program.application.client_secret

        for shown in (secret, stored):
            status, body = self.ask(program, client_secret=shown)
            assert (status, body["error"]) == (401, "invalid_client")

    def test_end_with_the_account_and_the_tenant(self, tenant: Tenant) -> None:
        program, account = self.make(tenant)
        User.unscoped.filter(pk=account.pk).update(is_active=False)

        assert self.ask(program)[0] == 400
        User.unscoped.filter(pk=account.pk).update(is_active=True)
        suspend_tenant(tenant)
        assert self.ask(program)[0] == 400

    def test_make_nobody_a_person(self, tenant: Tenant, alice: User, site: Program) -> None:
        program, _account = self.make(tenant)
        get_application_model().objects.filter(pk=program.application.pk).update(user=alice)

        assert self.ask(program)[1]["error"] == "unauthorized_client"
        assert self.ask(site)[1]["error"] == "unauthorized_client"

    def test_give_no_scope_that_is_not_registered(self, tenant: Tenant) -> None:
        program, _account = self.make(tenant)

        assert self.ask(program, scope="im")[1]["error"] == "invalid_scope"


class TestSecrets:
    def test_work_in_a_header_too(self, flow: Flow) -> None:
        import base64

        basic = base64.b64encode(f"{flow.program.client_id}:{flow.program.secret}".encode()).decode()
        fields = {
            "grant_type": "authorization_code",
            "code": flow.code(),
            "redirect_uri": flow.program.callback,
            "code_verifier": programs.VERIFIER,
        }

        response = Client().post("/oauth/token/", fields, headers={"Authorization": f"Basic {basic}"})

        assert response.status_code == 200

    def test_of_the_time_before_still_work(self, flow: Flow) -> None:
        application = flow.program.application
        application.client_secret, application.hash_client_secret = "an older secret", True
        application.save()

        assert flow.exchange(flow.code(), client_secret="an older secret")[0] == 200

    def test_are_not_needed_by_apps_whose_proof_is_the_verifier(self, alice: User, tenant: Tenant) -> None:
        flow = flow_of(alice, make_program(tenant, kind="app"))

        assert flow.exchange(flow.code())[0] == 200


class TestScriptsOfOtherOrigins:
    def answer(self, flow: Flow, origin: str) -> Any:
        fields = {
            "grant_type": "authorization_code",
            "code": flow.code(),
            "redirect_uri": flow.program.callback,
            "code_verifier": programs.VERIFIER,
            **flow.program.credentials,
        }
        return Client().post("/oauth/token/", fields, headers={"Origin": origin})

    def test_read_the_answer_where_the_program_lives(self, alice: User, tenant: Tenant) -> None:
        flow = flow_of(alice, make_program(tenant, kind="app"))

        own, other = self.answer(flow, "https://app.example"), self.answer(flow, "https://evil.example")

        assert own.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "Access-Control-Allow-Origin" not in other.headers
