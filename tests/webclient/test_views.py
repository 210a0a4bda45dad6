import json
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings as live_settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from apps.accounts.models import User
from apps.accounts.services.sign_in import guard
from apps.cluster import services as cluster_services
from tests.conftest import PASSWORD


def bootstrap_of(html: str) -> dict[str, object]:
    found = re.search(r'<script id="bootstrap" type="application/json">(.*?)</script>', html)
    assert found is not None
    data = json.loads(found.group(1))
    assert isinstance(data, dict)
    return data


def test_the_page_says_where_the_server_is(client: Client, settings: Settings) -> None:
    settings.IM_WS_PORT = 8001
    settings.IM_PUBLIC_WS_URL = ""

    response = client.get("/chat/")

    data = bootstrap_of(response.content.decode())
    assert response.status_code == 200
    assert data == {
        "client_id": "imsite-web",
        "authorize_url": "/oauth/authorize/",
        "token_url": "/oauth/token/",
        "revoke_url": "/oauth/revoke_token/",
        "logout_url": "/accounts/logout/",
        "api_url": "/api/v1",
        "ws_urls": ["ws://testserver:8001/ws/v1", "ws://testserver/ws/v1"],
        "language": "en",
        "version": 1,
    }


def test_the_policy_admits_the_sockets_and_only_the_one_inline_script(client: Client, settings: Settings) -> None:
    settings.IM_PUBLIC_WS_URL = "wss://sockets.test/ws/v1"

    first, second = client.get("/chat/"), client.get("/chat/")

    policy = first["Content-Security-Policy"]
    html = first.content.decode()
    nonces = re.findall(r"'nonce-([\w-]+)'", policy)
    assert "connect-src 'self' ws://testserver wss://sockets.test;" in policy
    assert len(nonces) == 1
    assert html.count(f'nonce="{nonces[0]}"') == 1
    assert nonces[0] not in second["Content-Security-Policy"]
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", html)
    assert [
        attributes for attributes in inline if "nonce" not in attributes and "application/json" not in attributes
    ] == []
    assert " style=" not in html
    assert "<style" not in html


def test_the_policy_admits_the_sockets_of_the_other_nodes(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = SimpleNamespace(entrances=lambda: ("ws://n2.test:8011/ws/v1",))
    monkeypatch.setattr(cluster_services, "current", lambda: cluster)

    response = client.get("/chat/")

    assert " ws://n2.test:8011 " in response["Content-Security-Policy"].replace(";", " ;")
    assert "ws://n2.test:8011/ws/v1" in str(bootstrap_of(response.content.decode())["ws_urls"])


def test_everything_the_page_names_exists(client: Client) -> None:
    html = client.get("/chat/").content.decode()

    paths = re.findall(rf'"{live_settings.STATIC_URL}([^"]+)"', html)

    assert len(paths) > 40
    assert [path for path in paths if finders.find(path) is None] == []


def test_the_redirect_of_the_sign_in_comes_back_to_the_same_page(client: Client) -> None:
    assert b"bootstrap" in client.get(reverse("webclient:callback"), {"code": "x", "state": "y"}).content


def test_the_page_is_never_kept_and_takes_no_posts(client: Client) -> None:
    assert "no-store" in client.get("/chat/")["Cache-Control"]
    assert client.post("/chat/").status_code == 405


def test_the_page_speaks_the_language_of_the_browser_or_of_the_cookie(client: Client) -> None:
    by_browser = bootstrap_of(client.get("/chat/", headers={"accept-language": "zh-CN,zh;q=0.9"}).content.decode())
    client.cookies["django_language"] = "zh-hans"
    by_cookie = bootstrap_of(client.get("/chat/", headers={"accept-language": "en"}).content.decode())

    assert by_browser["language"] == by_cookie["language"] == "zh-hans"


def test_a_host_name_cannot_break_out_of_the_page(client: Client) -> None:
    response = client.get("/chat/", headers={"host": 'a"><script>.test'})

    assert response.status_code == 400


@pytest.mark.parametrize(("language", "text"), [("en", "Sign in to imsite"), ("zh-CN", "登录 imsite")])
def test_the_sign_in_page_speaks_both_languages_under_the_strict_policy(
    client: Client, db: None, language: str, text: str
) -> None:
    response = client.get("/accounts/login/", headers={"accept-language": language})

    assert text in response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]


def test_a_wrong_password_is_told_and_keeps_the_account_but_not_the_password(client: Client, alice: User) -> None:
    response = client.post(
        "/accounts/login/", {"username": '"><script>x', "password": "wrong-secret", "next": "/chat/"}
    )

    html = response.content.decode()
    assert "password is wrong" in html
    assert "wrong-secret" not in html
    assert "&quot;&gt;&lt;script&gt;x" in html


@pytest.fixture
def forgiving_guard() -> Iterator[None]:
    """Failures of this test count against nobody else."""
    guard.clear()
    yield
    guard.clear()


@pytest.mark.usefixtures("forgiving_guard")
def test_too_many_failures_are_told_apart_from_a_wrong_password(client: Client, alice: User) -> None:
    wrong = {"username": alice.login, "password": "wrong-secret"}

    pages = [client.post("/accounts/login/", wrong).content.decode() for _ in range(40)]

    assert "password is wrong" in pages[0]
    assert "password is wrong" not in pages[-1]
    assert 'role="alert"' in pages[-1]


def test_the_right_password_leads_on(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"username": alice.login, "password": PASSWORD, "next": "/chat/"})

    assert response.status_code == 302
    assert response["Location"] == "/chat/"


def test_a_next_address_elsewhere_is_not_followed(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"username": alice.login, "password": PASSWORD, "next": "//evil.test/"})

    assert response["Location"] == "/chat/"
