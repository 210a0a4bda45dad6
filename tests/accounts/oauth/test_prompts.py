"""What a program may ask of a sign-in (OpenID Connect Core §3.1.2.1): `prompt` and `max_age`, and no more than that."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.oauth.identity import read_id_token
from tests.accounts.programs import Flow, Program, said
from tests.conftest import PASSWORD


def sign_in_before(browser: Client, *, seconds: int) -> None:
    """Let the person of a browser have proved who she is so long ago."""
    session = browser.session
    session["signed_in_at"] = int((timezone.now() - timedelta(seconds=seconds)).timestamp())
    session.save()


def test_none_asks_nobody(flow: Flow, site: Program) -> None:
    assert said(flow.ask(prompt="none"))["error"] == "consent_required"
    assert said(Flow(site).ask(prompt="none"))["error"] == "login_required"


def test_none_leads_back_at_once_where_she_allowed_it_before(flow: Flow) -> None:
    flow.answer(flow.ask())

    assert "code" in said(flow.ask(prompt="none"))


def test_none_leads_nobody_to_an_address_that_is_not_registered(flow: Flow) -> None:
    for browser in (flow.browser, Client()):
        answer = Flow(flow.program, browser).ask(prompt="none", redirect_uri="https://evil.example/", max_age="1")
        assert answer.status_code == 400


def test_login_asks_for_a_proof_and_leads_back_without_asking_for_it_again(
    flow: Flow, alice: User, site: Program
) -> None:
    before = read_id_token(flow.tokens()["id_token"])
    sign_in_before(flow.browser, seconds=3600)

    led = flow.ask(prompt="login", max_age="60")
    target = parse_qs(urlsplit(led.headers["Location"]).query)["next"][0]
    proof = flow.browser.post("/accounts/confirm/", {"password": PASSWORD, "next": target})
    back = flow.browser.get(proof.headers["Location"])

    assert urlsplit(led.headers["Location"]).path == "/accounts/confirm/"
    assert not {"prompt", "max_age"} & parse_qs(urlsplit(target).query).keys()
    after = read_id_token(flow.exchange(said(back)["code"])[1]["id_token"])
    assert before is not None
    assert after is not None
    assert after["auth_time"] >= before["auth_time"]


def test_login_is_no_sign_in_by_itself(flow: Flow) -> None:
    flow.answer(flow.ask())
    sign_in_before(flow.browser, seconds=3600)

    flow.ask(prompt="login")

    assert said(flow.ask(prompt="none", max_age="60"))["error"] == "login_required"


def test_login_leads_who_is_not_signed_in_to_the_sign_in_page(site: Program) -> None:
    led = Flow(site).ask(prompt="login")

    assert led.headers["Location"].startswith("/accounts/login/?next=/oauth/authorize/")
    assert "prompt" not in led.headers["Location"]


def test_consent_asks_again_what_was_allowed_before(flow: Flow) -> None:
    flow.answer(flow.ask())

    assert "code" in said(flow.ask())
    assert flow.ask(prompt="consent").status_code == 200
    assert said(flow.ask(prompt="none consent"))["error"] == "invalid_request"


def test_login_and_consent_ask_for_both(flow: Flow) -> None:
    flow.answer(flow.ask())

    led = flow.ask(prompt="login consent")

    target = parse_qs(urlsplit(led.headers["Location"]).query)["next"][0]
    assert parse_qs(urlsplit(target).query)["prompt"] == ["consent"]


def test_none_goes_with_nothing_else(flow: Flow) -> None:
    assert said(flow.ask(prompt="none login"))["error"] == "invalid_request"


def test_nobody_registers_here(flow: Flow, site: Program) -> None:
    for each in (flow, Flow(site)):
        answer = each.ask(prompt="create")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("fields", [{"prompt": "login"}, {"max_age": "60"}, {"prompt": "login", "max_age": "0"}])
def test_no_program_leads_to_a_page_of_its_own_by_asking_for_a_proof(flow: Flow, fields: dict[str, str]) -> None:
    sign_in_before(flow.browser, seconds=3600)

    led = flow.ask(redirect_uri="https://evil.example/cb", **fields)

    assert not led.headers.get("Location", "").startswith("https://evil.example")
    if led.status_code == 302:
        target = parse_qs(urlsplit(led.headers["Location"]).query)["next"][0]
        assert flow.browser.get(target).status_code == 400


def test_an_old_sign_in_is_not_enough_for_who_wants_a_young_one(flow: Flow, alice: User) -> None:
    sign_in_before(flow.browser, seconds=3600)

    silent = flow.ask(max_age="60", prompt="none")
    old_enough = flow.ask(max_age="7200")

    assert said(silent)["error"] == "login_required"
    assert old_enough.status_code == 200
    assert flow.ask(max_age="9" * 5000).status_code == 200
