"""The program of docs/identity.md that checks tickets by the public keys works as it stands, in both languages."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policies import Access
from apps.accounts.services.keys import keys
from apps.accounts.services.tickets import issue_ticket
from imsite.env import ROOT

IMSITE = "https://im.example.com"
FORMS = "https://forms.example.com"
PROGRAM = re.compile(r"```python\n((?:(?!```).)*def who_came.*?)```", re.DOTALL)


def program_of(document: str) -> str:
    found = PROGRAM.search((ROOT / "docs" / document).read_text(encoding="utf-8"))
    assert found, document
    return found[1]


@pytest.fixture(params=["identity.md", "identity.zh-CN.md"])
def who_came(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The function of the document, with our public keys in the place of the network."""
    names: dict[str, Any] = {}
    exec(program_of(request.param), names)

    def urlopen(address: str, timeout: float) -> io.BytesIO:
        assert (address, timeout) == (f"{IMSITE}/oauth/.well-known/jwks.json", 5)
        return io.BytesIO(json.dumps(keys.public_keys()).encode())

    names["urlopen"] = urlopen
    found: Callable[[str], str] = names["who_came"]
    return found


def ticket(user: User, *, audience: str = FORMS, issuer: str = IMSITE) -> str:
    whole = Access(frozenset({"im"}), "imsite-web", "7", 0)
    return issue_ticket(
        user, whole, issuer=issuer, audience=audience, scopes=["profile"], lifetime_s=60, now=timezone.now()
    ).token


def test_it_learns_who_came_once(who_came: Callable[[str], str], alice: User) -> None:
    shown = ticket(alice)

    assert who_came(shown) == str(alice.id)
    with pytest.raises(ValueError, match="used before"):
        who_came(shown)


@pytest.mark.parametrize("wrong", [{"audience": "https://games.example.com"}, {"issuer": "https://evil.example.com"}])
def test_it_believes_no_ticket_for_or_from_somebody_else(
    who_came: Callable[[str], str], alice: User, wrong: dict[str, str]
) -> None:
    with pytest.raises(Exception, match="Invalid"):
        who_came(ticket(alice, **wrong))


def test_both_languages_show_the_same_program() -> None:
    assert program_of("identity.md") == program_of("identity.zh-CN.md")
