import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from apps.accounts.models import User
from apps.accounts.pages.visitor import visitor_of


def test_the_visitor_is_who_is_signed_in(alice: User) -> None:
    request = RequestFactory().get("/accounts/")
    request.user = alice

    assert visitor_of(request) is alice


def test_a_page_that_forgot_to_ask_for_a_sign_in_fails(db: None) -> None:
    request = RequestFactory().get("/accounts/")
    request.user = AnonymousUser()

    with pytest.raises(AssertionError):
        visitor_of(request)
