"""Discovery, keys, userinfo and signing out."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import SigningKey, User
from apps.accounts.oauth.endpoints import GRANT_TYPES
from apps.accounts.oauth.openid import MAX_AGE_S
from apps.accounts.services import deactivate_user, keyring
from apps.accounts.services.key_rotation import rotate_keys
from apps.accounts.services.keys import RS256
from apps.accounts.services.tokens import user_for_token
from apps.tenants.models import Tenant
from tests.accounts.programs import AFTERWARDS, Flow, Program, flow_of, make_program
from tests.rest_client import issue_token


class TestDiscovery:
    def test_says_what_there_is_and_no_more(self, client: Client, db: None) -> None:
        said = client.get("/.well-known/openid-configuration").json()

        assert (said["response_types_supported"], said["code_challenge_methods_supported"]) == (["code"], ["S256"])
        assert set(said["grant_types_supported"]) == GRANT_TYPES
        assert said["id_token_signing_alg_values_supported"] == ["RS256"]
        assert said["authorization_response_iss_parameter_supported"] is True
        for name, address in said.items():
            if name.endswith(("_endpoint", "_uri")):
                assert client.get(address.removeprefix("http://testserver")).status_code != 404, name

    def test_is_about_the_host_that_was_asked(self, client: Client, db: None) -> None:
        said = client.get("/.well-known/openid-configuration", secure=True, headers={"Host": "localhost"}).json()

        assert said["issuer"] == "https://localhost"
        assert said["token_endpoint"] == "https://localhost/oauth/token/"

    def test_any_page_may_read_it(self, client: Client, db: None) -> None:
        for path in ("/.well-known/openid-configuration", "/oauth/.well-known/jwks.json"):
            assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"

    def test_it_may_be_kept_for_less_time_than_a_key_is_published_before_it_signs(
        self, client: Client, db: None
    ) -> None:
        for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/oauth/.well-known/jwks.json"):
            said = client.get(path).headers["Cache-Control"]
            assert said == f"public, max-age={MAX_AGE_S}"
        assert timedelta(seconds=MAX_AGE_S) < keyring.AHEAD

    def test_what_was_signed_before_a_rotation_is_checked_by_keys_that_are_kept_and_by_fresh_ones(
        self, flow: Flow, client: Client
    ) -> None:
        before = flow.tokens()["id_token"]
        kept = client.get("/.well-known/jwks.json").json()
        SigningKey.objects.update(created_at=timezone.now() - keyring.AHEAD)
        rotate_keys(RS256, now=timezone.now())
        after = flow.tokens()["id_token"]
        fresh = client.get("/.well-known/jwks.json").json()

        assert JWT(jwt=before).token.jose_header["kid"] != JWT(jwt=after).token.jose_header["kid"]
        for token in (before, after):
            for published in (kept, fresh):
                checked = JWT(jwt=token, key=JWKSet.from_json(json.dumps(published)), algs=["RS256"])
                assert json.loads(checked.claims)["aud"] == flow.program.client_id

    def test_no_private_part_of_a_key_is_published(self, client: Client, db: None) -> None:
        for key in client.get("/.well-known/jwks.json").json()["keys"]:
            assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


class TestUserInfo:
    def ask(self, token: str) -> Any:
        return Client().get("/oauth/userinfo/", headers={"Authorization": f"Bearer {token}"})

    def test_tells_what_was_allowed(self, flow: Flow, alice: User) -> None:
        answer = self.ask(flow.tokens(scope="openid profile")["access_token"])

        assert answer.json() == {
            "sub": str(alice.pk),
            "name": "Alice",
            "preferred_username": "alice@acme",
            "tenant": "acme",
        }

    def test_tells_nothing_without_openid_nor_after_the_user_is_gone(self, flow: Flow, alice: User) -> None:
        token = flow.tokens()["access_token"]

        assert self.ask(issue_token(alice)).status_code in {401, 403}
        assert self.ask("made-up").status_code == 401
        deactivate_user(alice)
        assert self.ask(token).status_code == 401


class TestSigningOut:
    def ask(self, browser: Client, **fields: str) -> Any:
        return browser.get("/oauth/logout/", fields)

    def is_signed_in(self, browser: Client) -> bool:
        return "_auth_user_id" in browser.session

    def test_with_ones_own_identity_token_ends_the_session_and_the_programs_tokens(
        self, flow: Flow, alice: User
    ) -> None:
        hint, other = flow.tokens()["id_token"], issue_token(alice)

        answer = self.ask(flow.browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state="s")

        left = get_access_token_model().objects.filter(user=alice)
        assert answer.headers["Location"] == f"{AFTERWARDS}?state=s"
        assert not self.is_signed_in(flow.browser)
        assert [token.application.client_id for token in left] == ["imsite-cli"]
        assert other

    def test_without_it_she_is_asked_and_may_stay(self, flow: Flow) -> None:
        page = self.ask(flow.browser, client_id=flow.program.client_id)

        stayed = flow.browser.post("/oauth/logout/", {"client_id": flow.program.client_id})

        assert page.status_code == 200
        assert "Rota" in page.content.decode()
        assert stayed.status_code == 400
        assert self.is_signed_in(flow.browser)
        gone = flow.browser.post("/oauth/logout/", {"client_id": flow.program.client_id, "allow": "1"})
        assert gone.status_code == 302
        assert not self.is_signed_in(flow.browser)

    def test_somebody_elses_token_signs_nobody_out(self, flow: Flow, bob: User, site: Program) -> None:
        hint = flow_of(bob, site).tokens()["id_token"]

        answer = self.ask(flow.browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS)

        assert answer.status_code == 200
        assert self.is_signed_in(flow.browser)

    def test_somebody_elses_token_ends_no_token_of_hers_though_she_agrees_to_sign_out(
        self, flow: Flow, alice: User, bob: User, site: Program
    ) -> None:
        hint, hers = flow_of(bob, site).tokens()["id_token"], flow.tokens()["access_token"]

        flow.browser.post("/oauth/logout/", {"id_token_hint": hint, "allow": "1"})

        assert not self.is_signed_in(flow.browser)
        assert user_for_token(hers)[0] == alice

    def test_a_rotation_of_keys_leaves_her_token_what_it_is(self, flow: Flow) -> None:
        hint = flow.tokens()["id_token"]
        SigningKey.objects.update(created_at=timezone.now() - keyring.AHEAD)
        rotate_keys(RS256, now=timezone.now())

        self.ask(flow.browser, id_token_hint=hint)

        assert not self.is_signed_in(flow.browser)

    def test_another_site_cannot_answer_for_her(self, alice: User, site: Program) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)

        answer = browser.post("/oauth/logout/", {"client_id": site.client_id, "allow": "1"})

        assert answer.status_code == 403
        assert self.is_signed_in(browser)

    @pytest.mark.parametrize(
        "address", ["https://evil.example/bye", f"{AFTERWARDS}/x", f"{AFTERWARDS}?x=1", "https://app.example/cb", "//x"]
    )
    def test_nobody_is_led_to_an_address_that_is_not_registered(self, flow: Flow, address: str) -> None:
        answer = self.ask(flow.browser, client_id=flow.program.client_id, post_logout_redirect_uri=address)

        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert self.is_signed_in(flow.browser)

    def test_a_token_that_we_did_not_sign_or_of_another_program_is_none(self, flow: Flow, tenant: Tenant) -> None:
        hint = flow.tokens()["id_token"]
        other = make_program(tenant, name="Other")

        answers = [
            self.ask(flow.browser, id_token_hint=hint[:-4] + "AAAA"),
            self.ask(flow.browser, id_token_hint=hint, client_id=other.client_id),
            self.ask(flow.browser, id_token_hint=hint, client_id="nobody"),
            self.ask(flow.browser, client_id="nobody"),
            self.ask(flow.browser, post_logout_redirect_uri=AFTERWARDS),
            flow.browser.get("/oauth/logout/", {"id_token_hint": hint}, headers={"Host": "localhost"}),
        ]

        assert [answer.status_code for answer in answers] == [400] * 6
        assert self.is_signed_in(flow.browser)
