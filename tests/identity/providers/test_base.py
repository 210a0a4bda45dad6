"""What all parties have in common: their own address to come back to, and nothing that a visitor could add."""

from urllib.parse import parse_qs, urlsplit

from django.test import Client

from apps.identity.models import Connection
from apps.identity.providers.base import text_of
from tests.identity.conftest import left


def test_people_come_back_to_an_address_of_this_connection_alone(client: Client, oidc: Connection) -> None:
    asked = parse_qs(urlsplit(left(client, oidc)).query)

    assert asked["redirect_uri"] == [f"http://testserver/accounts/via/{oidc.pk}/callback/"]


def test_a_visitors_address_adds_nothing_to_the_request(client: Client, oidc: Connection) -> None:
    location = left(client, oidc, auth_params="prompt=none&redirect_uri=https://evil.example", scope="admin")

    assert "evil" not in location
    assert "prompt" not in location
    assert "admin" not in parse_qs(urlsplit(location).query)["scope"][0]


def test_only_texts_are_taken_for_texts() -> None:
    data = {"text": " a ", "number": 1}

    assert [text_of(data, name) for name in ("text", "number", "missing")] == ["a", "", ""]
