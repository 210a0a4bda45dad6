"""The door for passwords of directories only ever says yes; the guard is that of all passwords."""

import pytest
from django.test import RequestFactory

from apps.accounts.errors import SignInLimited
from apps.accounts.models import User
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS, guard
from apps.identity import backends
from apps.identity.backends import DirectoryBackend


@pytest.fixture(autouse=True)
def proven(monkeypatch: pytest.MonkeyPatch, alice: User) -> list[str]:
    """A directory that knows Alice by one password."""
    asked: list[str] = []

    def prove(_tenant: object, *, username: str, password: str, now: object) -> User | None:
        asked.append(username)
        return alice if (username, password) == ("alice", "hers") else None

    monkeypatch.setattr(backends, "prove", prove)
    guard.clear()
    return asked


def sign_in(name: str, password: str) -> User | None:
    return DirectoryBackend().authenticate(RequestFactory().post("/"), username=name, password=password)


def test_it_says_yes_to_a_proven_password(alice: User, proven: list[str]) -> None:
    assert sign_in("Alice@acme", "hers") == alice
    assert proven == ["alice"]


def test_it_leaves_everybody_else_to_the_next(proven: list[str]) -> None:
    assert sign_in("alice@acme", "wrong") is None
    assert sign_in("alice@nowhere", "hers") is None
    assert sign_in("alice@acme", "") is None
    assert sign_in("ali\0ce@acme", "hers") is None
    assert proven == ["alice"]


def test_it_keeps_out_whoever_may_not_sign_in(alice: User) -> None:
    alice.is_active = False

    assert sign_in("alice@acme", "hers") is None


def test_after_too_many_failures_no_directory_is_asked(proven: list[str]) -> None:
    for _attempt in range(MAX_PER_NAME_AND_ADDRESS):
        guard.note_failure(login="alice@acme", address="127.0.0.1")

    with pytest.raises(SignInLimited):
        sign_in("alice@acme", "hers")
    assert proven == []
