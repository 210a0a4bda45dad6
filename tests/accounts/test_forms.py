"""The sign-in form says why the door is shut."""

import pytest
from django.test import RequestFactory
from django.utils import translation

from apps.accounts import backends
from apps.accounts.errors import SignInBusy
from apps.accounts.forms import AppCodeForm, CodeForm, FreshPasswordForm, SignInForm
from apps.accounts.models import User
from apps.accounts.services.hashing import HashingSlots
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS, guard
from tests.conftest import PASSWORD


def form(login: str, password: str) -> SignInForm:
    request = RequestFactory(REMOTE_ADDR="10.0.0.1").post("/accounts/login/")
    return SignInForm(request, data={"username": login, "password": password})


def test_the_right_password_opens(alice: User) -> None:
    filled = form("Alice@acme", PASSWORD)

    assert filled.is_valid()
    assert filled.get_user() == alice


def test_a_wrong_password_does_not(alice: User) -> None:
    assert form("alice@acme", "wrong").has_error("__all__", "invalid_login")


def test_too_many_failures_are_called_by_their_name(alice: User) -> None:
    for _ in range(MAX_PER_NAME_AND_ADDRESS):
        guard.note_failure(login=alice.login, address="10.0.0.1")

    filled = form("alice@acme", PASSWORD)

    assert filled.has_error("__all__", "rate_limited")
    assert "try again in 5 minutes" in str(filled.errors)


def test_a_rush_is_called_by_its_name(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "slots", HashingSlots(at_once=0, max_waiting=0))

    filled = form("alice@acme", PASSWORD)

    assert filled.has_error("__all__", "busy")
    assert SignInBusy().text in str(filled.errors)


@pytest.mark.parametrize(("language", "said"), [("en", "At least 12 characters"), ("zh-hans", "至少 12 个字符")])
def test_what_a_new_password_needs_is_said_beside_its_field(language: str, said: str) -> None:
    with translation.override(language):
        page = str(FreshPasswordForm(min_chars=12))

    assert said in page
    assert 'aria-describedby="id_fresh_helptext"' in page


def test_digits_are_offered_where_a_recovery_code_will_not_do() -> None:
    assert 'inputmode="numeric"' in str(AppCodeForm())
    assert "inputmode" not in str(CodeForm())
