"""OAuth2 as clients use it: password grant, code with PKCE, refresh, revocation."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_refresh_token_model
from oauth2_provider.views import TokenView

from apps.accounts import backends
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.accounts.services.hashing import HashingSlots
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS
from apps.accounts.services.tokens import user_for_token
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.accounts.factors import with_codes
from tests.accounts.programs import Program, flow_of, make_program
from tests.conftest import PASSWORD
from tests.rest_client import issue_token

VERIFIER = "a-verifier-that-is-long-enough-to-be-accepted-by-rfc-7636"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def ask(client: Client, **fields: str) -> tuple[int, dict[str, Any]]:
    response = client.post("/oauth/token/", {"client_id": "imsite-cli", **fields})
    return response.status_code, json.loads(response.content)


def sign_in(client: Client, login: str = "alice@acme", password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
    return ask(client, grant_type="password", username=login, password=password)


def refresh(client: Client, token: str) -> tuple[int, dict[str, Any]]:
    return ask(client, grant_type="refresh_token", refresh_token=token)


class TestPasswordGrant:
    def test_it_gives_tokens_for_an_hour(self, client: Client, alice: User) -> None:
        status, tokens = sign_in(client)

        assert status == 200
        assert tokens["expires_in"] == 3600
        assert tokens["refresh_token"]
        assert user_for_token(tokens["access_token"])[0] == alice

    @pytest.mark.parametrize(("login", "password"), [("alice@acme", "wrong"), ("alice@rival", PASSWORD), ("a\0", "x")])
    def test_wrong_names_and_passwords_are_refused(
        self, client: Client, alice: User, login: str, password: str
    ) -> None:
        status, body = sign_in(client, login, password)

        assert status == 400
        assert body["error"] in {"invalid_grant", "invalid_request"}

    def test_every_guess_costs_one_hash_whoever_it_is(self, client: Client, alice: User, bob: User, eve: User) -> None:
        with_codes(alice)
        deactivate_user(bob)
        costs = []

        for name in ("alice@acme", "bob@acme", "eve@rival", "nobody@acme", "nobody@nowhere"):
            with patch("django.contrib.auth.hashers.MD5PasswordHasher.encode", autospec=True) as encode:
                encode.return_value = "md5$x$y"
                assert sign_in(client, name, "wrong")[0] == 400
            costs.append(encode.call_count)

        assert costs == [1] * 5

    def test_guessing_ends_in_a_clear_refusal(self, client: Client, alice: User) -> None:
        for _ in range(MAX_PER_NAME_AND_ADDRESS):
            sign_in(client, password="wrong")

        response = client.post(
            "/oauth/token/",
            {"client_id": "imsite-cli", "grant_type": "password", "username": "alice@acme", "password": PASSWORD},
        )

        assert response.status_code == 429
        assert response.json()["error"] == "rate_limited"
        assert 0 < int(response.headers["Retry-After"]) <= 300

    def test_a_rush_is_refused_with_the_time_to_come_back_and_is_nobodys_failure(
        self, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fields = {"client_id": "imsite-cli", "grant_type": "password", "username": alice.login, "password": PASSWORD}
        with monkeypatch.context() as rush:
            rush.setattr(backends, "slots", HashingSlots(at_once=0, max_waiting=0))
            answers = [client.post("/oauth/token/", fields) for _ in range(MAX_PER_NAME_AND_ADDRESS + 1)]

        assert {answer.status_code for answer in answers} == {503}
        assert answers[-1].json()["error"] == "temporarily_unavailable"
        assert answers[-1].headers["Retry-After"] == "2"
        assert sign_in(client)[0] == 200

    def test_without_a_database_it_says_when_to_come_back(
        self, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("connection refused by 10.1.2.3")

        monkeypatch.setattr(TokenView, "post", fail)

        response = client.post("/oauth/token/", {"client_id": "imsite-cli", "grant_type": "refresh_token"})

        assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
        assert response.headers["Retry-After"] == "1"
        assert b"10.1.2.3" not in response.content

    def test_the_web_client_may_not_use_it(self, client: Client, alice: User) -> None:
        status, body = ask(
            client, client_id="imsite-web", grant_type="password", username="alice@acme", password=PASSWORD
        )

        assert (status, body["error"]) == (400, "unauthorized_client")

    @pytest.mark.parametrize("fields", [{"client_id": "nobody"}, {"grant_type": "nonsense"}, {"username": "x" * 5000}])
    def test_nonsense_is_refused_politely(self, client: Client, alice: User, fields: Mapping[str, str]) -> None:
        status, body = ask(
            client, **{"grant_type": "password", "username": "alice@acme", "password": PASSWORD, **fields}
        )

        assert status in {400, 401}
        assert body["error"]


class TestRefresh:
    def test_it_gives_a_new_pair(self, client: Client, alice: User) -> None:
        _, first = sign_in(client)

        status, second = refresh(client, first["refresh_token"])

        assert status == 200
        assert second["access_token"] != first["access_token"]
        assert second["refresh_token"] != first["refresh_token"]
        assert user_for_token(second["access_token"])[0] == alice

    def test_a_lost_answer_can_be_asked_for_again(self, client: Client, alice: User) -> None:
        _, first = sign_in(client)
        refresh(client, first["refresh_token"])

        status, again = refresh(client, first["refresh_token"])

        assert status == 200
        assert user_for_token(again["access_token"])[0] == alice
        assert refresh(client, again["refresh_token"])[0] == 200

    def test_an_old_token_used_late_ends_the_whole_chain(self, client: Client, alice: User) -> None:
        _, first = sign_in(client)
        _, second = refresh(client, first["refresh_token"])
        long_ago = timezone.now() - timedelta(hours=1)
        get_refresh_token_model().objects.filter(revoked__isnull=False).update(revoked=long_ago)

        status, body = refresh(client, first["refresh_token"])

        assert (status, body["error"]) == (400, "invalid_grant")
        assert refresh(client, second["refresh_token"])[0] == 400

    def test_it_ends_with_the_user_and_the_tenant(self, client: Client, alice: User, bob: User) -> None:
        _, hers = sign_in(client)
        _, his = sign_in(client, "bob@acme")

        deactivate_user(alice)
        assert refresh(client, hers["refresh_token"])[0] == 400
        suspend_tenant(bob.tenant)
        assert refresh(client, his["refresh_token"])[0] == 400

    def test_another_client_cannot_use_it(self, client: Client, alice: User) -> None:
        _, first = sign_in(client)

        status, _ = ask(
            client, client_id="imsite-web", grant_type="refresh_token", refresh_token=first["refresh_token"]
        )

        assert status in {400, 401}

    def test_a_revoked_token_is_dead(self, client: Client, alice: User) -> None:
        _, tokens = sign_in(client)

        revoked = client.post("/oauth/revoke_token/", {"client_id": "imsite-cli", "token": tokens["refresh_token"]})

        assert revoked.status_code == 200
        assert refresh(client, tokens["refresh_token"])[0] == 400
        with pytest.raises(Exception, match="signed out"):
            user_for_token(tokens["access_token"])


class TestCodeGrant:
    def authorize(self, client: Client, **fields: str) -> Any:
        query = {
            "response_type": "code",
            "client_id": "imsite-web",
            "redirect_uri": "http://testserver/chat/callback",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "xyz",
            **fields,
        }
        return client.get("/oauth/authorize/", query, headers={"Host": "testserver"})

    def exchange(self, client: Client, code: str, **fields: str) -> tuple[int, dict[str, Any]]:
        return ask(
            client,
            **{
                "client_id": "imsite-web",
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": VERIFIER,
                "redirect_uri": "http://testserver/chat/callback",
                **fields,
            },
        )

    def code(self, client: Client) -> str:
        location = self.authorize(client).headers["Location"]
        return str(parse_qs(urlsplit(location).query)["code"][0])

    def test_a_signed_in_user_gets_a_code_without_being_asked(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        response = self.authorize(client)

        assert response.status_code == 302
        location = urlsplit(response.headers["Location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == "http://testserver/chat/callback"
        assert parse_qs(location.query)["state"] == ["xyz"]

    def test_the_code_becomes_tokens_once(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        code = self.code(client)

        status, tokens = self.exchange(client, code)

        assert status == 200
        assert user_for_token(tokens["access_token"])[0] == alice
        assert self.exchange(client, code)[0] == 400

    @pytest.mark.parametrize(
        "fields",
        [{"code_verifier": "another-verifier-that-is-also-long-enough-for-rfc-7636"}, {"code_verifier": ""}],
    )
    def test_a_stolen_code_is_worthless(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        client.force_login(alice)

        assert self.exchange(client, self.code(client), **fields)[0] == 400

    def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(self, client: Client, alice: User) -> None:
        response = self.authorize(client)

        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/?next=/oauth/authorize/")

    @pytest.mark.parametrize(
        "fields",
        [
            {"redirect_uri": "http://evil.example/chat/callback"},
            {"redirect_uri": "http://testserver/elsewhere"},
            {"redirect_uri": "javascript:alert(1)"},
            {"client_id": "nobody"},
        ],
    )
    def test_nobody_is_sent_elsewhere(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        client.force_login(alice)

        response = self.authorize(client, **fields)

        assert response.status_code == 400
        assert "Location" not in response.headers

    @pytest.mark.parametrize(
        "fields",
        [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"response_type": "token"}, {"scope": "other"}],
    )
    def test_what_is_unsafe_gets_no_code(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        client.force_login(alice)

        response = self.authorize(client, **fields)

        answer = parse_qs(urlsplit(response.headers.get("Location", "")).query)
        assert "code" not in answer
        assert response.status_code == 400 or "error" in answer


@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": "\0"},
        {"client_id": "x" * 256},
        {"code_challenge": "a\0" + "b" * 50},
        {"code_challenge": "x" * 129},
        {"nonce": "x" * 256},
        {"redirect_uri": "http://["},
        {"state": "x" * 9000},
        {"resource": "http://x/\0"},
        {"scope": "\0"},
        {"\0": "x"},
    ],
)
class TestHostileParameters:
    def test_the_authorization_endpoint_refuses(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        client.force_login(alice)

        response = TestCodeGrant().authorize(client, **fields)

        assert response.status_code == 400

    def test_the_token_endpoint_refuses(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        for grant_type in ("password", "refresh_token", "authorization_code"):
            status, body = ask(client, **{"grant_type": grant_type, **fields})

            assert status in {400, 401}
            assert body["error"]

    def test_the_revocation_endpoint_never_breaks(self, client: Client, alice: User, fields: dict[str, str]) -> None:
        response = client.post("/oauth/revoke_token/", {"client_id": "imsite-cli", "token": "x", **fields})

        assert response.status_code < 500


@pytest.mark.parametrize("grant_type", ["", "implicit", "urn:ietf:params:oauth:grant-type:device_code"])
def test_other_grant_types_are_not_offered(client: Client, alice: User, grant_type: str) -> None:
    status, body = ask(client, grant_type=grant_type)

    assert (status, body["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("path", ["token", "revoke_token"])
def test_programs_need_no_csrf_token(alice: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(f"/oauth/{path}/", {"client_id": "imsite-cli", "token": "x", "grant_type": "refresh_token"})

    assert response.status_code in {200, 400}


@pytest.mark.parametrize(
    "path", ["applications/", "applications/register/", "authorized_tokens/", "register/", "device-authorization/"]
)
def test_the_toolkits_other_pages_are_not_there(client: Client, path: str) -> None:
    assert client.get(f"/oauth/{path}").status_code == 404


class TestIntrospection:
    def ask(self, program: Program, token: str, **fields: str) -> Any:
        return Client().post("/oauth/introspect/", {**program.credentials, "token": token, **fields})

    def test_tells_a_program_what_a_token_of_its_people_is_worth(self, alice: User, tenant: Tenant) -> None:
        site = make_program(tenant)
        token = flow_of(alice, site).tokens(scope="openid orgs.people.view")["access_token"]

        answer = self.ask(site, token)

        said = answer.json()
        assert (said["active"], said["sub"], said["username"]) == (True, str(alice.pk), alice.login)
        assert (said["scope"], said["client_id"]) == ("openid orgs.people.view", site.client_id)
        assert answer.headers["Cache-Control"] == "no-store"

    def test_tells_nothing_of_others(self, alice: User, eve: User, tenant: Tenant, other_tenant: Tenant) -> None:
        site, foreign = make_program(tenant), make_program(other_tenant)
        hers, theirs = issue_token(alice), issue_token(eve)

        for program, token in ((site, theirs), (foreign, hers), (site, "made-up")):
            assert self.ask(program, token).json() == {"active": False}
        deactivate_user(alice)
        assert self.ask(site, hers).json() == {"active": False}

    def test_is_for_programs_with_a_secret_that_show_it(self, alice: User, tenant: Tenant) -> None:
        site, app = make_program(tenant), make_program(tenant, kind="app")
        token = issue_token(alice)

        answers = [
            self.ask(site, token, client_secret="wrong"),
            self.ask(site, token, client_secret=""),
            self.ask(site, token, client_secret=site.application.client_secret),
            self.ask(app, token),
            Client().post("/oauth/introspect/", {"token": token}),
            Client().post("/oauth/introspect/", {"token": token, "client_id": "imsite-cli"}),
            Client().post("/oauth/introspect/", {"token": token}, headers={"Authorization": f"Bearer {token}"}),
        ]

        assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(401, "invalid_client")] * 7
        assert self.ask(site, "").status_code == 400
        assert Client().get("/oauth/introspect/", {"token": token}).status_code == 405
