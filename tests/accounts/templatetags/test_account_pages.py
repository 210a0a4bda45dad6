from django.test import RequestFactory
from django.urls import resolve

from apps.accounts.templatetags.account_pages import account_pages


def test_the_menu_marks_the_page_that_is_open() -> None:
    request = RequestFactory().get("/accounts/")
    request.resolver_match = resolve("/accounts/")

    menu = account_pages({"request": request})

    assert menu[0].is_current
    assert [entry.url for entry in menu if entry.is_current] == ["/accounts/"]


def test_a_page_outside_of_the_menu_marks_none() -> None:
    menu = account_pages({"request": RequestFactory().get("/nowhere/")})

    assert not any(entry.is_current for entry in menu)
