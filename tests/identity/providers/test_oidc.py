"""Signing in by OpenID Connect against a provider on loopback, and everything that must not sign anybody in."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, came_back, left, signed_in_as
from tests.identity.parties import CLIENT_ID, SECRET, Party


@pytest.fixture
def linked(oidc: Connection, alice: User, link: Callable[..., Link]) -> Link:
    """Alice has linked her account there."""
    return link(oidc, alice, "sub-1")


def was_shown_a_code(party: Party) -> bool:
    return any(path == "/oidc/token" for path, _headers, _body in party.asked)


def attempt(client: Client, connection: Connection, party: Party, **query: str) -> Any:
    code, state = party.issue_code(left(client, connection))
    return came_back(client, connection, **{"code": code, "state": state, **query})


def test_a_linked_account_signs_its_person_in_and_leads_on(
    client: Client, oidc: Connection, linked: Link, alice: User, party: Party
) -> None:
    location = left(client, oidc, next="/chat/?c=1")
    code, state = party.issue_code(location)

    response = came_back(client, oidc, code=code, state=state)

    assert location.startswith(f"{party.issuer}/authorize?")
    assert "code_challenge_method=S256" in location
    assert response.headers["Location"] == "/chat/?c=1"
    assert signed_in_as(client) == str(alice.pk)
    assert client.session["method"] == "oidc"
    linked.refresh_from_db()
    assert linked.last_used_at is not None


def test_the_session_has_another_key_afterwards(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    code, state = party.issue_code(left(client, oidc))
    before = client.session.session_key

    came_back(client, oidc, code=code, state=state)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": None},
        {"nonce": "another"},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 301},
        {"iat": int(time.time()) + 100_000, "nbf": int(time.time()) + 100_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=[
        "no nonce",
        "another nonce",
        "another audience",
        "several audiences",
        "several audiences, another party",
        "another party",
        "another issuer",
        "expired",
        "not yet issued",
        "without an end",
        "nobody's",
        "an empty name",
        "a name too long",
    ],
)
def test_an_identity_token_of_something_else_signs_nobody_in(
    client: Client, oidc: Connection, linked: Link, party: Party, claims: dict[str, Any]
) -> None:
    party.claims = claims

    response = attempt(client, oidc, party)

    assert response.headers["Location"] == "/accounts/login/?tenant=acme"
    assert signed_in_as(client) is None


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_by_five_minutes(
    client: Client, oidc: Connection, linked: Link, party: Party, seconds: int
) -> None:
    now = int(time.time()) + seconds
    party.claims = {"iat": now, "nbf": now, "exp": now + 1}

    attempt(client, oidc, party)

    assert signed_in_as(client) is not None


def test_a_token_without_a_signature_is_refused(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    party.algorithm = None

    attempt(client, oidc, party)

    assert signed_in_as(client) is None


@pytest.mark.parametrize("with_public_key", [False, True])
def test_a_token_signed_with_what_the_client_knows_is_refused(
    client: Client, oidc: Connection, linked: Link, party: Party, with_public_key: bool
) -> None:
    public = party.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    party.algorithm, party.signing_key = "HS256", public if with_public_key else SECRET

    attempt(client, oidc, party)

    assert signed_in_as(client) is None


@pytest.mark.parametrize("header", [{"kid": "key-1"}, {"kid": "other"}, {}], ids=str)
def test_a_token_signed_with_another_key_is_refused(
    client: Client, oidc: Connection, linked: Link, party: Party, header: dict[str, str]
) -> None:
    party.signing_key, party.header = rsa.generate_private_key(public_exponent=65537, key_size=2048), header

    attempt(client, oidc, party)

    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/oidc/token", 500),
        ("/oidc/token", 302),
        ("/oidc/token", b"not json"),
        ("/oidc/token", []),
        ("/oidc/token", {"access_token": "at"}),
        ("/oidc/token", {"access_token": "at", "id_token": "x" * 70_000}),
        ("/oidc/token", {"access_token": "at", "id_token": "no.token"}),
        ("/oidc/userinfo", {"sub": "somebody-else"}),
        ("/oidc/userinfo", 401),
        ("/oidc/userinfo", b"[]"),
        ("/oidc/jwks", {"keys": []}),
        ("/oidc/jwks", {"keys": "none"}),
        ("/oidc/jwks", {}),
        ("/oidc/jwks", b"x" * (1024 * 1024 + 1)),
        ("/oidc/.well-known/openid-configuration", {"issuer": "https://evil.example"}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_broken_answer_signs_nobody_in(
    client: Client, oidc: Connection, linked: Link, party: Party, path: str, answer: Any
) -> None:
    code, state = party.issue_code(left(client, oidc))
    party.answers[path] = answer

    response = came_back(client, oidc, code=code, state=state)

    assert response.headers["Location"] == "/accounts/login/?tenant=acme"
    assert signed_in_as(client) is None


def test_a_provider_that_describes_another_issuer_is_not_even_left_for(
    client: Client, oidc: Connection, party: Party
) -> None:
    party.metadata = {"issuer": "https://evil.example"}

    assert left(client, oidc) == "/accounts/login/?tenant=acme"


def test_an_answer_is_used_once(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    code, state = party.issue_code(left(client, oidc))
    came_back(client, oidc, code=code, state=state)
    client.session.flush()
    party.codes[code] = "again"

    came_back(client, oidc, code=code, state=state)

    assert signed_in_as(client) is None


@pytest.mark.parametrize("state", ["", "made-up"])
def test_an_answer_without_our_state_is_refused(
    client: Client, oidc: Connection, linked: Link, party: Party, state: str
) -> None:
    code, _state = party.issue_code(left(client, oidc))

    came_back(client, oidc, code=code, state=state)

    assert signed_in_as(client) is None
    assert not was_shown_a_code(party)


def test_an_answer_in_another_browser_is_refused(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    code, state = party.issue_code(left(client, oidc))
    other = Client()

    came_back(other, oidc, code=code, state=state)

    assert signed_in_as(other) is None


def test_the_code_of_one_provider_is_not_taken_at_anothers_address(
    client: Client, oidc: Connection, linked: Link, party: Party, connect: Connect, tenant: Tenant
) -> None:
    other = connect(tenant, name="other", config={"issuer": party.issuer, "client_id": CLIENT_ID})
    code, state = party.issue_code(left(client, oidc))

    came_back(client, other, code=code, state=state)

    assert signed_in_as(client) is None


def test_a_code_that_names_another_issuer_is_shown_to_nobody(
    client: Client, oidc: Connection, linked: Link, party: Party
) -> None:
    attempt(client, oidc, party, iss="https://evil.example")
    assert signed_in_as(client) is None
    assert not was_shown_a_code(party)

    attempt(client, oidc, party, iss=party.issuer)
    assert signed_in_as(client) is not None


def test_an_issuer_that_names_itself_always_does(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    party.metadata = {"authorization_response_iss_parameter_supported": True}

    attempt(client, oidc, party)
    assert signed_in_as(client) is None
    assert not was_shown_a_code(party)

    attempt(client, oidc, party, iss=party.issuer)
    assert signed_in_as(client) is not None


def test_a_code_that_names_two_issuers_is_shown_to_nobody(
    client: Client, oidc: Connection, linked: Link, party: Party
) -> None:
    code, state = party.issue_code(left(client, oidc))
    address = f"{reverse('identity-callback', args=[oidc.pk])}?code={code}&state={state}"

    client.get(f"{address}&iss=https://evil.example&iss={party.issuer}")

    assert signed_in_as(client) is None
    assert not was_shown_a_code(party)


def test_stopping_there_is_told_apart_from_a_failure(client: Client, oidc: Connection, party: Party) -> None:
    _code, state = party.issue_code(left(client, oidc))

    response = client.get(came_back(client, oidc, error="access_denied", state=state).headers["Location"])

    assert "cancelled" in response.content.decode()


def test_a_provider_without_userinfo_is_enough(client: Client, oidc: Connection, linked: Link, party: Party) -> None:
    party.metadata = {"userinfo_endpoint": None, "token_endpoint_auth_methods_supported": ["client_secret_basic"]}

    attempt(client, oidc, party)

    assert signed_in_as(client) is not None
    headers = next(headers for path, headers, _body in party.asked if path == "/oidc/token")
    assert headers["Authorization"].startswith("Basic ")
