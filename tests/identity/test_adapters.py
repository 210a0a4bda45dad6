"""django-allauth has no applications, no sign-up and no pages here."""

import pytest
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthError
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from apps.identity.adapters import SocialAdapter, Turned
from apps.identity.providers.asking import BoundedSession


def test_it_is_the_one_that_allauth_asks_and_it_offers_nothing() -> None:
    adapter = get_adapter()
    request = RequestFactory().get("/")

    assert isinstance(adapter, SocialAdapter)
    assert adapter.list_apps(request) == []
    assert not adapter.is_open_for_signup(request, None)
    assert isinstance(adapter.get_requests_session(), BoundedSession)


@pytest.mark.parametrize(("error", "is_cancelled"), [(AuthError.CANCELLED, True), (AuthError.UNKNOWN, False)])
def test_that_nobody_has_come_flies_past_its_pages(error: str, is_cancelled: bool) -> None:
    with pytest.raises(Turned) as turned:
        SocialAdapter().on_authentication_error(RequestFactory().get("/"), None, error=error)

    assert turned.value.is_cancelled is is_cancelled


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "socialaccount_signup", "socialaccount_connections"]
)
def test_none_of_its_pages_has_an_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
