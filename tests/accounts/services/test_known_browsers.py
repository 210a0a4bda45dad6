"""A browser is known for one name alone, and only by what this installation signed."""

from django.http import HttpResponse
from django.test import RequestFactory

from apps.accounts.models import User
from apps.accounts.services.known_browsers import COOKIE, known_id, remember


def test_it_is_known_for_the_person_who_signed_in(alice: User, bob: User) -> None:
    request, response = RequestFactory().get("/"), HttpResponse()
    remember(request, response, alice)
    request.COOKIES[COOKIE] = response.cookies[COOKIE].value

    assert known_id(request, "Alice@acme")
    assert not known_id(request, bob.login)


def test_it_is_remembered_once(alice: User) -> None:
    request, first, second = RequestFactory().get("/"), HttpResponse(), HttpResponse()
    remember(request, first, alice)
    request.COOKIES[COOKIE] = first.cookies[COOKIE].value

    remember(request, second, alice)

    assert COOKIE not in second.cookies


def test_what_nobody_signed_is_nothing() -> None:
    request = RequestFactory().get("/")
    assert not known_id(None, "alice@acme")
    for value in ("", "forged", "a:b:c", "x" * 1000):
        request.COOKIES[COOKIE] = value
        assert not known_id(request, "alice@acme")
