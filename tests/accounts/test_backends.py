"""Password sign-in, wherever it happens."""

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from apps.accounts.backends import client_address
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
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
