"""The sign-in form says why the door is shut."""

from django.test import RequestFactory

from apps.accounts.forms import SignInForm
from apps.accounts.models import User
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
