"""Identity tokens: what they say, who signed them, and whom they fool."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from oauth2_provider.models import get_id_token_model

from apps.accounts.models import User
from apps.accounts.oauth.identity import find_id_token, read_id_token
from apps.accounts.services.keys import RS256, keys
from tests.accounts.programs import Flow


def claims_of(flow: Flow, **fields: str) -> dict[str, Any]:
    claims = read_id_token(flow.tokens(**fields)["id_token"])
    assert claims is not None
    return claims


def forged(claims: dict[str, Any], header: dict[str, Any], key: JWK) -> str:
    token = JWS(json.dumps(claims))
    token.add_signature(key, header["alg"], protected=json.dumps(header))
    return str(token.serialize(compact=True))


class TestWhatTheySay:
    def test_is_who_signed_in_for_whom_and_how(self, flow: Flow, alice: User) -> None:
        session = flow.browser.session
        session.update({"signed_in_at": 1_700_000_000, "amr": ["otp", "pwd"]})
        session.save()

        claims = claims_of(flow, scope="openid", nonce="n-123")

        assert (claims["sub"], claims["aud"]) == (str(alice.pk), flow.program.client_id)
        assert (claims["iss"], claims["nonce"]) == ("http://testserver", "n-123")
        assert (claims["auth_time"], claims["amr"]) == (1_700_000_000, ["otp", "pwd"])
        assert claims["exp"] - claims["iat"] == 3600
        assert not {"name", "email", "tenant"} & claims.keys()

    def test_is_as_much_as_was_allowed(self, flow: Flow, alice: User) -> None:
        User.unscoped.filter(pk=alice.pk).update(email="alice@acme.example")

        claims = claims_of(flow, scope="openid profile email")

        assert (claims["name"], claims["preferred_username"], claims["tenant"]) == ("Alice", "alice@acme", "acme")
        assert (claims["email"], claims["email_verified"]) == ("alice@acme.example", False)

    def test_is_nothing_about_what_is_not_known(self, flow: Flow) -> None:
        assert not {"email", "email_verified", "locale"} & claims_of(flow, scope="openid profile email").keys()

    def test_is_told_to_who_asked_for_it_only_and_once(self, flow: Flow) -> None:
        assert "id_token" not in flow.tokens(scope="profile")
        _status, refreshed = flow.refresh(flow.tokens(scope="openid")["refresh_token"])
        assert "id_token" not in refreshed


class TestWhoSignedThem:
    @pytest.mark.usefixtures("alice")
    def test_nobody_but_us(self, flow: Flow) -> None:
        token = flow.tokens()["id_token"]
        claims = read_id_token(token)
        assert claims is not None
        header, body, signature = token.split(".")
        public = next(key for key in keys.public_keys()["keys"] if key["alg"] == RS256)
        shared = JWK(kty="oct", k=base64.urlsafe_b64encode(json.dumps(public).encode()).rstrip(b"=").decode())
        bare = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
        own = JWK.generate(kty="RSA", size=2048)

        attempts = [
            f"{bare}.{body}.",
            f"{bare}.{body}.{signature}",
            f"{header}.{body}.",
            forged(claims, {"alg": "HS256", "kid": public["kid"], "typ": "JWT"}, shared),
            forged(claims, {"alg": "RS256", "kid": public["kid"], "typ": "JWT"}, own),
            forged(claims, {"alg": "RS256", "kid": "mine", "typ": "JWT", "jwk": json.loads(own.export_public())}, own),
            keys.sign(claims, algorithm="ES256", typ="JWT"),
            keys.sign(claims, algorithm=RS256, typ="imsite-ticket+jwt"),
            "",
            "a.b.c",
        ]

        assert [read_id_token(attempt) for attempt in attempts] == [None] * len(attempts)


def test_a_row_is_found_by_its_id_alone(flow: Flow) -> None:
    claims = claims_of(flow)

    assert find_id_token(claims) == get_id_token_model().objects.get()
    assert find_id_token({"jti": str(uuid4())}) is None
    assert find_id_token({"jti": "nonsense"}) is None
    assert find_id_token({}) is None
