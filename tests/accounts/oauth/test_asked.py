"""What is not offered is refused to whoever asks for it, and nobody is led anywhere but to the program."""

from typing import Any

import pytest
from oauth2_provider.models import get_access_token_model, get_grant_model

from apps.accounts.models import User
from apps.accounts.oauth.core import ASKING
from apps.tenants.models import Tenant
from tests.accounts.programs import CALLBACK, VERIFIER, Flow, flow_of, make_program, post_token, said
from tests.rest_client import issue_token

ELSEWHERE = "https://elsewhere.example/api"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"resource": ELSEWHERE}, "invalid_target"),
        ({"resource": "http://testserver.evil.example/"}, "invalid_target"),
        ({"resource": "http://testserver@evil.example/"}, "invalid_target"),
        ({"resource": "nonsense"}, "invalid_target"),
    ],
)
def test_a_request_for_what_is_not_there_is_refused(flow: Flow, fields: dict[str, str], error: str) -> None:
    answer = flow.ask(**fields)

    assert said(answer)["error"] == error
    assert (said(answer)["state"], said(answer)["iss"]) == ("xyz", "http://testserver")
    assert answer.headers["Location"].startswith(CALLBACK)


@pytest.mark.parametrize("challenge", ["x", "x" * 42, "x" * 44, "x" * 128, "x" * 42 + "=", "é" * 43, VERIFIER])
@pytest.mark.parametrize("kind", ["site", "app"])
def test_a_challenge_that_is_no_digest_is_refused(alice: User, tenant: Tenant, kind: str, challenge: str) -> None:
    flow = flow_of(alice, make_program(tenant, kind=kind))

    answer = flow.ask(code_challenge=challenge)

    assert said(answer)["error"] == "invalid_request"
    assert not get_grant_model().objects.exists()


@pytest.mark.parametrize("verifier", ["", "plain", "é" * 43, "x" * 129, f"{VERIFIER} ", VERIFIER.upper()])
@pytest.mark.parametrize("kind", ["site", "app"])
def test_a_verifier_that_is_not_the_challenges_is_refused(
    alice: User, tenant: Tenant, kind: str, verifier: str
) -> None:
    flow = flow_of(alice, make_program(tenant, kind=kind))

    status, body = flow.exchange(flow.code(), code_verifier=verifier)

    assert (status, body["error"]) in [(400, "invalid_grant"), (400, "invalid_request")]
    assert not get_access_token_model().objects.exists()


class TestTokensForSomebodyElsesServer:
    def test_are_not_made_of_a_code(self, flow: Flow) -> None:
        status, body = flow.exchange(flow.code(), resource=ELSEWHERE)

        assert (status, body["error"]) == (400, "invalid_target")

    def test_are_not_made_by_a_form_that_was_tampered_with(self, flow: Flow) -> None:
        led = flow.answer(flow.ask(), resource=ELSEWHERE)

        status, body = flow.exchange(said(led)["code"])

        assert (status, body["error"]) == (400, "invalid_target")

    def test_are_not_made_by_refreshing(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        fields = {"grant_type": "refresh_token", "refresh_token": token, "resource": ELSEWHERE}

        status, body = post_token({**fields, **flow.program.credentials})

        assert (status, body["error"]) == (400, "invalid_target")

    def test_but_those_for_ours_are(self, flow: Flow) -> None:
        assert flow.tokens(resource="http://testserver/api/v1")["access_token"]


class TestWhomTheProgramMeans:
    def hint(self, user: User, flow: Flow) -> str:
        return str(flow_of(user, flow.program).tokens()["id_token"])

    def test_she_who_is_signed_in_is_asked_and_led_back(self, flow: Flow, alice: User) -> None:
        hint = self.hint(alice, flow)

        assert "code" in said(flow.ask(id_token_hint=hint, prompt="none"))

    @pytest.mark.parametrize("prompt", ["none", ""])
    def test_nobody_else_takes_her_place(self, flow: Flow, bob: User, prompt: str) -> None:
        answer = flow.ask(id_token_hint=self.hint(bob, flow), prompt=prompt)

        assert said(answer)["error"] == "login_required"

    def test_what_we_did_not_sign_means_nobody(self, flow: Flow) -> None:
        assert flow.ask(id_token_hint="a.b.c").status_code == 200


def test_the_person_is_known_by_the_session_and_by_no_header(flow: Flow, alice: User) -> None:
    page = flow.browser.get(flow.ask().wsgi_request.get_full_path(), headers={"Authorization": issue_token(alice)})

    asking: Any = getattr(page.wsgi_request, ASKING)
    assert asking == alice
