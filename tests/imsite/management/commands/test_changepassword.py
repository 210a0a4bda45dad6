"""A password that is changed at the terminal signs the person out everywhere."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.management.commands import changepassword
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from tests.conftest import PASSWORD
from tests.rest_client import issue_token, signed_in

FRESH = f"{PASSWORD}, another one"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the person types, in order."""
    lines: list[str] = []
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda *_: lines.pop(0))
    yield lines
    assert lines == []


def test_tokens_of_before_are_worth_nothing(alice: User, bob: User, typed: list[str]) -> None:
    client, other = signed_in(alice), signed_in(bob)
    typed += [FRESH, FRESH]

    call_command("changepassword", "alice@acme")

    assert User.unscoped.get(pk=alice.pk).check_password(FRESH)
    assert client.get("/api/v1/me").code == "token_invalid"
    assert other.get("/api/v1/me").status == 200


def test_where_it_is_not_changed_nobody_is_signed_out(alice: User, typed: list[str]) -> None:
    issue_token(alice)
    typed += [FRESH, "something else"] * 3

    with pytest.raises(CommandError):
        call_command("changepassword", "alice@acme")

    assert User.unscoped.get(pk=alice.pk).signed_out_at is None
