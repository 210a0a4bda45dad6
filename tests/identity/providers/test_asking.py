"""Other parties are asked for a bounded time and answer, and never at an address of the link."""

import pytest

from apps.identity.providers.asking import BoundedSession, Unaskable, json_of, refuse_link_addresses
from tests.identity.parties import Party


def test_an_answer_comes_back_whole(party: Party) -> None:
    with BoundedSession() as session:
        answer = session.get(f"{party.issuer}/.well-known/openid-configuration")

    assert json_of(answer)["issuer"] == party.issuer


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "ftp://127.0.0.1/",
        "http:///",
        "http://no-such-host.invalid/",
    ],
)
def test_addresses_that_are_nobodys_provider_are_refused(url: str) -> None:
    with pytest.raises(Unaskable):
        refuse_link_addresses(url)


@pytest.mark.parametrize("answer", [302, b"x" * (1024 * 1024 + 1)], ids=["redirect", "too long"])
def test_redirects_and_long_answers_are_refused(party: Party, answer: object) -> None:
    party.answers["/oidc/jwks"] = answer

    with BoundedSession() as session, pytest.raises(Unaskable):
        session.get(f"{party.issuer}/jwks")


@pytest.mark.parametrize("answer", [b"no json", []], ids=["text", "list"])
def test_what_is_no_object_is_refused(party: Party, answer: object) -> None:
    party.answers["/oidc/jwks"] = answer

    with BoundedSession() as session, pytest.raises(Unaskable):
        json_of(session.get(f"{party.issuer}/jwks"))
