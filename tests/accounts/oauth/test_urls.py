"""Addresses of OAuth2 are what clients were configured with."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("authorize", "/oauth/authorize/"),
        ("token", "/oauth/token/"),
        ("revoke-token", "/oauth/revoke_token/"),
        ("introspect", "/oauth/introspect/"),
        ("user-info", "/oauth/userinfo/"),
        ("rp-initiated-logout", "/oauth/logout/"),
        ("jwks-info", "/oauth/.well-known/jwks.json"),
    ],
)
def test_they_stay_what_they_are(name: str, path: str) -> None:
    assert reverse(f"oauth2_provider:{name}") == path


@pytest.mark.parametrize("path", ["", "/oauth"])
def test_what_this_server_is_can_be_read_at_the_root_and_below(path: str, client: Client, db: None) -> None:
    assert client.get(f"{path}/.well-known/openid-configuration").json()["issuer"] == "http://testserver"
    assert client.get(f"{path}/.well-known/jwks.json").json()["keys"]
    assert client.post(f"{path}/.well-known/jwks.json").status_code == 405


def test_it_can_be_read_where_plain_oauth2_looks(client: Client, db: None) -> None:
    answer = client.get("/.well-known/oauth-authorization-server")

    assert answer.json()["token_endpoint"] == "http://testserver/oauth/token/"
