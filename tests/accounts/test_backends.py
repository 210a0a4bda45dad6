"""Password sign-in, wherever it happens."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.test import RequestFactory

from apps.accounts import backends
from apps.accounts.backends import client_address
from apps.accounts.errors import SignInBusy
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.accounts.services.hashing import HashingSlots
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS
from apps.tenants.services import suspend_tenant
from tests.conftest import PASSWORD

HERE = RequestFactory(REMOTE_ADDR="10.0.0.1").get("/")
ELSEWHERE = RequestFactory(REMOTE_ADDR="10.0.0.2").get("/")


@pytest.mark.parametrize("login", ["alice@acme", " Alice@ACME "])
def test_name_and_password_sign_in(alice: User, login: str) -> None:
    assert authenticate(HERE, username=login, password=PASSWORD) == alice


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice@acme", "wrong"),
        ("alice@acme", ""),
        ("alice@rival", PASSWORD),
        ("alice", PASSWORD),
        ("nobody@acme", PASSWORD),
        ("", PASSWORD),
        ("alice@acme\0", PASSWORD),
    ],
)
def test_anything_else_does_not(alice: User, login: str, password: str) -> None:
    assert authenticate(HERE, username=login, password=password) is None


def test_a_deactivated_user_stays_out(alice: User) -> None:
    deactivate_user(alice)

    assert authenticate(HERE, username=alice.login, password=PASSWORD) is None


def test_the_users_of_a_suspended_tenant_stay_out(alice: User, eve: User) -> None:
    suspend_tenant(alice.tenant)

    assert authenticate(HERE, username=alice.login, password=PASSWORD) is None
    assert authenticate(HERE, username=eve.login, password=PASSWORD) == eve


def test_after_many_wrong_guesses_the_right_one_no_longer_helps(alice: User) -> None:
    for _ in range(MAX_PER_NAME_AND_ADDRESS):
        authenticate(HERE, username=alice.login, password="wrong")

    assert authenticate(HERE, username=alice.login, password=PASSWORD) is None
    assert authenticate(ELSEWHERE, username=alice.login, password=PASSWORD) == alice


def test_an_address_that_the_client_claims_is_not_believed() -> None:
    request = RequestFactory(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4").get("/")

    assert client_address(request) == "10.0.0.1"
    assert client_address(None) == ""


@pytest.mark.django_db(transaction=True)
class TestWhileHashing:
    @pytest.fixture
    def held(self, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
        """Whether a database connection was held at each check of a password, right or of an unknown name."""
        held: list[bool] = []
        for name in ("check_password", "set_password"):
            monkeypatch.setattr(User, name, self.watched(getattr(User, name), held))
        return held

    @staticmethod
    def watched(check: Any, held: list[bool]) -> Any:
        def watch(user: User, password: str) -> Any:
            held.append(connection.connection is not None)
            return check(user, password)

        return watch

    @pytest.mark.parametrize(
        ("login", "password"), [("alice@acme", PASSWORD), ("alice@acme", "wrong"), ("nobody@acme", PASSWORD)]
    )
    def test_no_connection_is_held(self, alice: User, held: list[bool], login: str, password: str) -> None:
        held.clear()

        authenticate(HERE, username=login, password=password)

        assert held == [False]

    def test_a_callers_transaction_stays_whole(self, alice: User, held: list[bool]) -> None:
        held.clear()

        with transaction.atomic():
            User.objects.for_tenant(alice.tenant_id).update(display_name="Changed")
            assert authenticate(HERE, username=alice.login, password=PASSWORD) == alice

        alice.refresh_from_db()
        assert alice.display_name == "Changed"
        assert held == [True]


@pytest.mark.parametrize("login", ["alice@acme", "nobody@acme"])
def test_in_a_rush_nobody_is_let_in_and_nobody_is_blamed(
    alice: User, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as rush:
        rush.setattr(backends, "slots", HashingSlots(at_once=0, max_waiting=0))
        for _ in range(MAX_PER_NAME_AND_ADDRESS + 1):
            with pytest.raises(SignInBusy):
                authenticate(HERE, username=login, password=PASSWORD)

    assert authenticate(HERE, username="alice@acme", password=PASSWORD) == alice
