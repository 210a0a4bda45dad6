"""How a proved first factor becomes a session."""

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from apps.accounts.errors import SignInExpired, SignInRefused
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, entry
from apps.tenants.services import suspend_tenant
from tests.accounts.elsewhere import ELSEWHERE
from tests.accounts.factors import with_codes


@pytest.fixture
def request_(db: None) -> HttpRequest:
    made = RequestFactory().get("/somewhere/", {"a": "b"})
    made.session = SessionStore()
    return made


def test_a_passkey_counts_as_both_factors(request_: HttpRequest, alice: User) -> None:
    with_codes(alice)

    assert entry.first_factor_passed(request_, alice, method="passkey", next_url="/accounts/") == "/accounts/"

    assert entry.is_recent(request_)
    assert not entry.is_recent(request_, within_s=-1)


@pytest.mark.parametrize("method", ["oidc", "saml", "wecom", "ldap"])
def test_other_ways_do_not_get_past_the_second(request_: HttpRequest, alice: User, method: str) -> None:
    with_codes(alice)

    assert entry.first_factor_passed(request_, alice, method=method) == "/accounts/second-factor/"


def test_an_unknown_way_is_a_defect(request_: HttpRequest, alice: User) -> None:
    with pytest.raises(ValueError, match="carrier pigeon"):
        entry.first_factor_passed(request_, alice, method="carrier pigeon")


def test_who_may_not_come_in_stays_out(request_: HttpRequest, alice: User, bob: User, eve: User) -> None:
    deactivate_user(alice)
    suspend_tenant(eve.tenant)
    bob.kind = User.Kind.SERVICE

    for user in (alice, eve, bob):
        with pytest.raises(SignInRefused):
            entry.first_factor_passed(request_, user, method="oidc")


def test_a_sign_in_under_way_ends_in_time(request_: HttpRequest, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with_codes(alice)
    entry.first_factor_passed(request_, alice, method="password")
    assert entry.pending_sign_in(request_, entry.FACTOR)[1] == alice
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + entry.STEP_S[entry.FACTOR] + 1)

    with pytest.raises(SignInExpired):
        entry.pending_sign_in(request_, entry.FACTOR)


def test_one_step_does_not_stand_for_another(request_: HttpRequest, alice: User) -> None:
    with_codes(alice)
    entry.first_factor_passed(request_, alice, method="password")

    with pytest.raises(SignInExpired):
        entry.step_passed(request_, entry.RENEW)


def test_who_was_switched_off_meanwhile_does_not_come_in(request_: HttpRequest, alice: User) -> None:
    with_codes(alice)
    entry.first_factor_passed(request_, alice, method="password")
    deactivate_user(alice)

    with pytest.raises(SignInRefused):
        entry.step_passed(request_, entry.FACTOR, proof="otp")


@pytest.mark.parametrize(
    "stored", [None, 3, {}, {"missing": [], "proofs": []}, {"missing": ["x"], "proofs": [], "what": 1}]
)
def test_what_is_parked_in_another_form_is_nothing(request_: HttpRequest, stored: object) -> None:
    request_.session["pending_sign_in"] = stored

    with pytest.raises(SignInExpired):
        entry.pending_sign_in(request_, entry.FACTOR)
    with pytest.raises(SignInExpired):
        entry.note_wrong_try(request_)


@pytest.mark.parametrize("url", ["", *ELSEWHERE], ids=lambda url: repr(url)[:40])
def test_nobody_is_led_to_addresses_elsewhere(request_: HttpRequest, url: str) -> None:
    assert entry.own_address(request_, url) == ""
    assert entry.safe_next(request_, url) == "/chat/"


@pytest.mark.parametrize(
    "url", ["/", "/a/?b=//evil.test/&c=d", "http://testserver/a/", "//testserver/a/", "/%2Fevil.test/"]
)
def test_addresses_of_this_site_are_led_to_as_they_are(request_: HttpRequest, url: str) -> None:
    assert entry.own_address(request_, url) == url
    assert entry.safe_next(request_, url) == url


def test_what_was_asked_for_safely_does_not_lead_to_the_open() -> None:
    safe = RequestFactory().get("/", secure=True)

    assert entry.own_address(safe, "http://testserver/a/") == ""
    assert entry.own_address(safe, "https://testserver/a/") == "https://testserver/a/"


def test_a_page_that_asks_for_a_proof_leads_back(request_: HttpRequest) -> None:
    assert entry.confirm_url(request_) == "/accounts/confirm/?next=%2Fsomewhere%2F%3Fa%3Db"


@pytest.mark.parametrize(
    ("proofs", "words"),
    [
        (("password",), ["pwd"]),
        (("ldap", "otp"), ["mfa", "otp", "pwd"]),
        (("passkey",), ["hwk", "mfa"]),
        (("oidc",), ["oidc"]),
    ],
)
def test_proofs_have_the_words_of_the_standard(proofs: tuple[str, ...], words: list[str]) -> None:
    assert entry.amr_of(proofs) == words
