"""Staff signs in to the admin by name@tenant; nobody else does, and guessing is slowed down."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS
from tests.conftest import PASSWORD


def sign_in(login: str, password: str = PASSWORD) -> int:
    return Client().post(reverse("admin:login"), {"username": login, "password": password}).status_code


def test_staff_signs_in(root: User) -> None:
    assert sign_in("root@system") == 302


@pytest.mark.parametrize(("login", "password"), [("root@system", "wrong"), ("alice@acme", PASSWORD), ("no@one", "x")])
def test_everybody_else_reads_the_same_words(root: User, alice: User, login: str, password: str) -> None:
    page = Client().post(reverse("admin:login"), {"username": login, "password": password})

    assert page.status_code == 200
    assert "may not open the admin" in page.content.decode()


def test_an_account_that_was_switched_off_stays_out(root: User) -> None:
    User.unscoped.filter(pk=root.pk).update(is_active=False)

    assert sign_in("root@system") == 200


def test_guessing_is_slowed_down(root: User) -> None:
    for _ in range(MAX_PER_NAME_AND_ADDRESS):
        sign_in("root@system", "wrong")

    assert sign_in("root@system") == 200


def test_the_page_shows_how_a_name_looks(db: None) -> None:
    assert "name@tenant" in Client().get(reverse("admin:login")).content.decode()
