"""`keys` lists the ring, begins with the next key, and gives one up."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import SigningKey
from apps.accounts.services import keyring

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("keys", *words, stdout=out)
    return out.getvalue()


def test_it_lists_what_each_key_is() -> None:
    lines = said("list").splitlines()

    assert [line.split()[0] for line in lines] == ["ES256", "ES256", "RS256", "RS256"]
    assert [line.rpartition("  ")[2] for line in lines] == ["signs", "signs next"] * 2


def test_the_next_key_begins_when_it_is_known() -> None:
    said("list")
    with pytest.raises(CommandError, match="tomorrow"):
        said("rotate", "ES256")
    SigningKey.objects.update(created_at=SigningKey.objects.first().created_at - keyring.AHEAD)  # type: ignore[union-attr]

    assert "signs from now on" in said("rotate", "ES256")
    assert "signed before" in said("list")


def test_a_key_is_given_up() -> None:
    said("list")
    kid = SigningKey.objects.get(algorithm="RS256", number=1).kid

    assert "is revoked" in said("revoke", kid)
    assert "revoked" in said("list")
    with pytest.raises(CommandError, match="no signing key"):
        said("revoke", kid)
