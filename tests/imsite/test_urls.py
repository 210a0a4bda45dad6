"""Addresses of the site that belong to no app."""

import pytest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults
from django.views.csrf import csrf_failure

from apps.common.rest.problems import page_not_found, server_error


def test_the_front_page_is_the_chat(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] == "/chat/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chat/", 200),
        ("/accounts/login/", 200),
        ("/admin/", 302),
        ("/api/docs/", 200),
        ("/api/schema/", 200),
        ("/api/v1/me", 401),
        ("/nowhere", 404),
    ],
)
def test_every_area_answers_strangers_as_it_should(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def asked() -> HttpRequest:
    """A request whose language, session and person nobody has found out yet: things may fail that early."""
    return RequestFactory().get("/accounts/")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["This address does not work", "not open to you", "no such page", "grown too old"]),
        ("zh-hans", ["无法打开此地址", "无权访问此页面", "页面不存在", "页面已过期"]),
    ],
)
def test_what_is_refused_is_said_in_the_readers_words_with_a_way_on(language: str, words: list[str]) -> None:
    with translation.override(language):
        pages = [
            defaults.bad_request(asked(), ValueError()),
            defaults.permission_denied(asked(), PermissionError("internal")),
            page_not_found(asked(), Http404("internal")),
            csrf_failure(asked()),
        ]

    assert [page.status_code for page in pages] == [400, 403, 404, 403]
    for page, expected in zip(pages, words, strict=True):
        shown = page.content.decode()
        assert expected in shown
        assert '<a class="button button-main button-wide" href="/">' in shown
        assert "internal" not in shown


@pytest.mark.parametrize(
    ("language", "defect", "outage"),
    [("en", "Something went wrong", "The server cannot do this"), ("zh-hans", "服务器出错了", "服务器暂时无法处理")],
)
def test_a_defect_and_an_outage_are_told_apart(language: str, defect: str, outage: str) -> None:
    with translation.override(language):
        broken, away = after(ValueError("internal")), after(OperationalError("internal"))

    assert (broken.status_code, away.status_code) == (500, 503)
    assert (broken.get("Retry-After"), away.get("Retry-After")) == (None, "1")
    assert defect in broken.content.decode()
    assert outage in away.content.decode()
    assert "internal" not in broken.content.decode() + away.content.decode()


def after(raised: Exception) -> HttpResponse:
    """Return what Django answers with when a view raised this."""
    try:
        raise raised
    except type(raised):
        return server_error(asked())
