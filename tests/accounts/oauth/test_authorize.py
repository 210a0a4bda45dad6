"""Where a person decides: what she is told, what she is asked again, and where she is never led."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from oauth2_provider.models import get_grant_model

from apps.accounts.models import Consent, User
from apps.accounts.services.applications import WEB_CLIENT_ID
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.accounts.programs import CALLBACK, Flow, Program, flow_of, make_program, said


def text_of(page: Any) -> str:
    return str(page.content.decode())


def bare(page: Any) -> str:
    """A page without what its fields are filled with."""
    return re.sub(r'value="[^"]*"', "", text_of(page))


class TestTheQuestion:
    def test_says_who_asks_for_what_of_whom_and_where_it_leads(self, flow: Flow, alice: User) -> None:
        page = flow.ask(scope="openid email orgs.people.view")

        shown = text_of(page)
        assert page.status_code == 200
        for part in ("Rota", alice.display_name, alice.login, "app.example", "see your e-mail address", "see people"):
            assert part in shown
        assert "everything" not in shown
        assert page.form_targets == [CALLBACK]
        assert "no-store" in page.headers["Cache-Control"]

    def test_everything_is_said_once_and_not_in_parts(self, flow: Flow) -> None:
        shown = text_of(flow.ask(scope="im openid orgs.people.view"))

        assert "do everything in your name" in shown
        assert "see people" not in shown

    def test_without_scopes_it_is_about_all_that_the_program_may_ask_for(self, flow: Flow) -> None:
        assert "do everything in your name" in text_of(flow.ask(scope=""))

    def test_what_a_program_says_of_itself_is_text(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, name="<b>Rota", description="<script>alert(1)</script>")

        assert "<script>alert(1)" not in text_of(flow_of(alice, program).ask())
        assert "<b>Rota" not in text_of(flow_of(alice, program).ask())

    def test_whoever_is_not_signed_in_signs_in_first(self, site: Program) -> None:
        response = Flow(site).ask()

        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/?next=/oauth/authorize/")


class TestTheAnswer:
    def test_yes_leads_back_with_a_code_for_once_and_is_remembered(self, flow: Flow, alice: User) -> None:
        led = flow.answer(flow.ask(scope="openid email"))

        assert led.headers["Location"].startswith(f"{CALLBACK}?")
        assert said(led).keys() == {"code", "state", "iss"}
        assert Consent.objects.for_tenant(alice.tenant_id).get(user=alice).scopes == ["openid", "email"]
        assert Entry.unscoped.filter(action="accounts.consent.given", target_id=str(alice.pk)).count() == 1

    def test_no_leads_back_without_one_and_is_not_remembered(self, flow: Flow) -> None:
        led = flow.answer(flow.ask(), allow=False)

        assert said(led) == {"error": "access_denied", "state": "xyz", "iss": "http://testserver"}
        assert not Consent.unscoped.exists()
        assert not get_grant_model().objects.exists()

    def test_the_same_again_is_not_asked_but_more_is(self, flow: Flow) -> None:
        flow.answer(flow.ask(scope="openid email"))

        assert "code" in said(flow.ask(scope="openid"))
        assert flow.ask(scope="openid profile").status_code == 200
        assert flow.ask(scope="openid", prompt="consent").status_code == 200

    def test_more_is_remembered_beside_the_rest(self, flow: Flow) -> None:
        for scope in ("openid email", "openid profile"):
            flow.answer(flow.ask(scope=scope))

        assert "code" in said(flow.ask(scope="openid profile email"))

    def test_it_cannot_be_called_off_by_the_address(self, flow: Flow) -> None:
        flow.tokens(scope="openid")

        page = flow.ask(scope="openid im", approval_prompt="auto")

        assert page.status_code == 200

    def test_a_program_on_the_persons_machine_is_asked_for_each_time(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="app", redirect_uris=("http://127.0.0.1/done",))
        flow = flow_of(alice, program)
        flow.program.callback = "http://127.0.0.1:51234/done"

        flow.answer(flow.ask())

        assert flow.ask().status_code == 200

    def test_a_program_with_a_secret_is_remembered_wherever_it_runs(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, kind="site", redirect_uris=("http://127.0.0.1:8001/done",))
        flow = flow_of(alice, program)
        flow.program.callback = "http://127.0.0.1:8001/done"

        flow.answer(flow.ask())

        assert "code" in said(flow.ask())

    def test_another_site_cannot_give_it_for_her(self, alice: User, site: Program) -> None:
        flow = Flow(site, Client(enforce_csrf_checks=True))
        flow.browser.force_login(alice)

        answer = flow.answer(flow.ask())

        assert answer.status_code == 403
        assert not get_grant_model().objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"redirect_uri": "https://evil.example/cb"},
            {"client_id": "nobody"},
            {"scope": "openid tenants.tenant.change"},
            {"code_challenge_method": "plain"},
        ],
    )
    def test_a_form_that_was_tampered_with_gives_nothing(self, flow: Flow, fields: dict[str, Any]) -> None:
        answer = flow.answer(flow.ask(), **fields)

        assert not get_grant_model().objects.exists()
        assert answer.status_code == 400 or "error" in said(answer)
        assert "evil.example" not in answer.headers.get("Location", "")
        assert not Consent.unscoped.exists()


class TestNoPageOfAnotherSite:
    def test_frames_the_question_or_learns_where_she_came_from(self, flow: Flow) -> None:
        for page in (flow.ask(), flow.ask(client_id="nobody-has-this")):
            policy = page.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert page.headers["X-Frame-Options"] == "DENY"
            assert page.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}

    def test_is_sent_the_form_but_the_programs_own(self, flow: Flow) -> None:
        policy = flow.ask().headers["Content-Security-Policy"]

        targets = next(part for part in policy.split(";") if part.split()[0] == "form-action").split()[1:]
        assert set(targets) <= {"'self'", "https://app.example", CALLBACK}

    def test_gets_what_she_posted_by_being_led_to(self, flow: Flow) -> None:
        """Not 307 or 308, by which a browser would post the form once more (RFC 9700 §4.12)."""
        assert flow.answer(flow.ask()).status_code in {302, 303}


class TestWhomAProgramServes:
    def test_a_stranger_is_told_what_she_is_told_of_no_program_at_all(self, eve: User, site: Program) -> None:
        flow = flow_of(eve, site)

        foreign, unknown = flow.ask(), flow.ask(client_id="nobody-has-this")

        assert foreign.status_code == unknown.status_code == 400
        assert bare(foreign) == bare(unknown)
        assert "Rota" not in text_of(foreign)

    def test_a_stranger_gets_no_code_by_a_form_of_her_own(self, eve: User, site: Program, flow: Flow) -> None:
        page = flow.ask()

        answer = flow_of(eve, site).answer(page)

        assert answer.status_code == 400
        assert not get_grant_model().objects.exists()

    def test_the_systems_serve_everybody(self, eve: User, alice: User) -> None:
        program = make_program(ensure_system_tenant())

        assert [flow_of(user, program).ask().status_code for user in (alice, eve)] == [200, 200]

    def test_one_without_a_registration_works_for_nobody(self, alice: User, site: Program) -> None:
        site.registration.delete()

        assert flow_of(alice, site).ask().status_code == 400


class TestNobodyIsLedElsewhere:
    @pytest.mark.parametrize(
        "address",
        [
            "https://app.example/cb/",
            "https://app.example/cb/../evil",
            "https://app.example/cb%2F..%2Fevil",
            "https://app.example/cbevil",
            "https://app.example/cb?next=https://evil.example",
            "https://app.example/cb#evil",
            "https://sub.app.example/cb",
            "https://app.example.evil.example/cb",
            "https://app.example@evil.example/cb",
            "https://evil@app.example/cb",
            "https://app.example:444/cb",
            "http://app.example/cb",
            "//app.example/cb",
            "javascript:alert(1)//https://app.example/cb",
            "https://app.example\\@evil.example/cb",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "https://app.example/CB",
            "https://app.example./cb",
            "https://app.example/cb?",
            "https://app.example/cb ",
            "https://app.example/cb\n",
            "https://\u0430pp.example/cb",
            "https://xn--pp-6kc.example/cb",
            "https://app\u3002example/cb",
            "https://app.example/cb%00",
            "https://app.example:443/cb",
            "https://app.example/%63b",
        ],
    )
    def test_by_an_address_that_looks_like_the_registered_one(self, flow: Flow, address: str) -> None:
        response = flow.ask(redirect_uri=address)

        assert response.status_code == 400
        assert "Location" not in response.headers

    def test_by_naming_two_addresses(self, flow: Flow) -> None:
        asked = flow.ask().wsgi_request.get_full_path()

        assert flow.browser.get(asked + "&redirect_uri=https://evil.example/cb").status_code == 400


class TestWhoAnswers:
    def test_every_answer_names_this_server(self, flow: Flow) -> None:
        answers = [
            flow.answer(flow.ask()),
            flow.ask(),
            flow.ask(response_type="token"),
            flow.ask(code_challenge=""),
            flow.answer(flow.ask(prompt="consent"), allow=False),
        ]

        queries = [parse_qs(urlsplit(answer.headers["Location"]).query) for answer in answers]
        assert [query["iss"] for query in queries] == [["http://testserver"]] * 5

    def test_a_name_in_the_registered_address_is_not_mixed_up_with_it(self, alice: User, tenant: Tenant) -> None:
        program = make_program(tenant, redirect_uris=("https://app.example/cb?iss=https://evil.example&x=1",))

        location = flow_of(alice, program).answer(flow_of(alice, program).ask()).headers["Location"]

        assert "evil.example" not in location
        assert "x=1" in location


class TestProofOfTheCodesOwner:
    @pytest.mark.parametrize(
        "fields",
        [
            {"code_challenge": "", "code_challenge_method": ""},
            {"code_challenge": ""},
            {"code_challenge_method": "plain"},
            {"code_challenge_method": ""},
            {"code_challenge_method": "s256"},
        ],
    )
    def test_without_s256_there_is_no_question_and_no_code(self, flow: Flow, fields: dict[str, str]) -> None:
        response = flow.ask(**fields)

        assert said(response)["error"] == "invalid_request"
        assert not get_grant_model().objects.exists()


def test_the_web_client_is_not_asked_for(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    query = {
        "response_type": "code",
        "client_id": WEB_CLIENT_ID,
        "redirect_uri": "http://testserver/chat/callback",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }

    assert "code" in said(browser.get("/oauth/authorize/", query, headers={"Host": "testserver"}))
