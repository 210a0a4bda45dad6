"""Who has powers signs in to the admin by name@tenant; nobody else does, and guessing is slowed down."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import Grant
from apps.accounts.models import User
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS
from tests.conftest import PASSWORD


def sign_in(login: str, password: str = PASSWORD) -> int:
    return Client().post(reverse("admin:login"), {"username": login, "password": password}).status_code


def test_administrators_sign_in(root: User, helper: User, grant: Callable[..., None]) -> None:
    grant(helper, "accounts.terminals.view")

    assert [sign_in("root@system"), sign_in("helper@acme")] == [302, 302]


def test_who_has_lost_her_powers_stays_out(helper: User, grant: Callable[..., None]) -> None:
    grant(helper, "accounts.terminals.view")
    Grant.unscoped.all().delete()

    assert sign_in("helper@acme") == 200


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
