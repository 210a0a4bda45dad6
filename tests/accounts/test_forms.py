"""The sign-in form says why the door is shut."""

import pytest
from django.test import RequestFactory

from apps.accounts import backends
from apps.accounts.errors import SignInBusy
from apps.accounts.forms import SignInForm
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
    assert "300" in str(filled.errors)


def test_a_rush_is_called_by_its_name(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "slots", HashingSlots(at_once=0, max_waiting=0))

    filled = form("alice@acme", PASSWORD)

    assert filled.has_error("__all__", "busy")
    assert SignInBusy().text in str(filled.errors)
