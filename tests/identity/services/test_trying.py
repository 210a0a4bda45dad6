"""Trying a connection out says what is well and what is not."""

from typing import Any

import pytest

from apps.identity.errors import ConnectionUnset
from apps.identity.models import Connection
from apps.identity.services.trying import try_connection
from tests.identity.parties import Party


def made(kind: str, **config: Any) -> Connection:
    return Connection(kind=kind, name=kind, config=config)


def parts(party: Party, kind: str) -> dict[str, str]:
    own = {"dingtalk": {"corp_id": "c", "login_url": party.base}, "wecom": {"agent_id": "1", "login_url": party.base}}
    return {"client_id": "a", "api_url": party.base, **own.get(kind, {})}


ANSWERS = {
    "wecom": ("/cgi-bin/gettoken", {"errcode": 0}, {"errcode": 40001, "errmsg": "invalid secret"}),
    "feishu": ("/open-apis/auth/v3/app_access_token/internal", {"code": 0}, {"code": 10014, "msg": "invalid secret"}),
    "dingtalk": ("/v1.0/oauth2/accessToken", {"accessToken": "a"}, {"message": "invalid secret"}),
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_a_party_that_knows_us_says_so_and_one_that_does_not_says_why(party: Party, kind: str) -> None:
    path, good, bad = ANSWERS[kind]
    party.answers[path] = good
    assert "knows us" in try_connection(made(kind, **parts(party, kind)))

    party.answers[path] = bad
    with pytest.raises(ConnectionUnset, match="invalid secret"):
        try_connection(made(kind, **parts(party, kind)))


def test_an_issuer_answers_for_itself_with_keys(party: Party) -> None:
    connection = made("oidc", issuer=party.issuer, client_id="a")
    assert "issuer answers" in try_connection(connection)

    party.answers["/oidc/jwks"] = {"keys": []}
    with pytest.raises(ConnectionUnset, match="no keys"):
        try_connection(connection)

    party.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(ConnectionUnset, match=r"evil\.example"):
        try_connection(connection)


def test_what_does_not_answer_is_said_so(party: Party) -> None:
    with pytest.raises(ConnectionUnset, match="HTTPError"):
        try_connection(made("oidc", issuer=f"{party.base}/nowhere", client_id="a"))


def test_settings_that_can_only_be_used_are_looked_at(party: Party) -> None:
    assert "complete" in try_connection(made("weixin", client_id="a"))
    with pytest.raises(ConnectionUnset):
        try_connection(made("saml", entity_id="e", sso_url="https://a.test", certificate="none"))
    with pytest.raises(ConnectionUnset):
        try_connection(made("ldap"))
