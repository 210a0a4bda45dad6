"""Making users and changing what belongs to them."""

from typing import Any

import pytest

from apps.accounts import services
from apps.accounts.errors import PasswordTooWeak, TokenInvalid, UsernameTaken
from apps.accounts.models import User
from apps.accounts.services.tokens import user_for_token
from apps.common.errors import InvalidInput
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.rest_client import issue_token


@pytest.mark.parametrize(
    ("username", "login"),
    [
        ("alice", "alice@acme"),
        (" Zhang.Wei ", "zhang.wei@acme"),
        ("李娜", "李娜@acme"),
        ("ＢＯＢ", "bob@acme"),
        ("7", "7@acme"),
    ],
)
def test_a_user_signs_in_as_name_at_tenant(tenant: Tenant, username: str, login: str) -> None:
    user = services.create_user(tenant, username=username, password=PASSWORD)

    user.refresh_from_db()
    assert (user.login, user.display_name, user.is_active) == (
        login,
        username.strip().replace("ＢＯＢ", "ＢＯＢ"),
        True,
    )
    assert user.check_password(PASSWORD)
    assert not user.is_staff
    assert not user.is_superuser


@pytest.mark.parametrize("username", ["", " ", "a b", "a@b", ".alice", "x" * 65, "a\nb", "a\0b", "<b>", "a/b"])
def test_a_bad_user_name_is_refused(tenant: Tenant, username: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        services.create_user(tenant, username=username, password=PASSWORD)

    assert not User.objects.for_tenant(tenant.id).exists()


@pytest.mark.parametrize("password", ["short", "12345678901", "password123", ""])
def test_a_password_that_is_easy_to_guess_is_refused(tenant: Tenant, password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        services.create_user(tenant, username="alice", password=password)


def test_a_password_like_the_name_is_refused(tenant: Tenant) -> None:
    with pytest.raises(PasswordTooWeak):
        services.create_user(tenant, username="alice", password="something", email="something@example.org")


def test_a_name_belongs_to_one_user_of_a_tenant(tenant: Tenant, other_tenant: Tenant, alice: User) -> None:
    with pytest.raises(UsernameTaken, match="alice@acme"):
        services.create_user(tenant, username="ALICE", password=PASSWORD)

    assert services.create_user(other_tenant, username="alice", password=PASSWORD).login == "alice@rival"


@pytest.mark.parametrize("fields", [{"email": "nonsense"}, {"locale": "xx"}, {"display_name": "a\nb"}])
def test_other_bad_fields_are_refused(tenant: Tenant, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(fields))):
        services.create_user(tenant, username="alice", password=PASSWORD, **fields)


def test_another_password_signs_out_all_programs(alice: User) -> None:
    token = issue_token(alice)

    services.set_password(alice, password="another good one")

    alice.refresh_from_db()
    assert alice.check_password("another good one")
    with pytest.raises(TokenInvalid):
        user_for_token(token)


def test_a_weak_new_password_changes_nothing(alice: User) -> None:
    token = issue_token(alice)

    with pytest.raises(PasswordTooWeak):
        services.set_password(alice, password="123")

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert user_for_token(token)[0] == alice


def test_a_deactivated_user_is_signed_out_and_can_come_back(alice: User) -> None:
    token = issue_token(alice)

    services.deactivate_user(alice)

    alice.refresh_from_db()
    assert not alice.is_active
    with pytest.raises(TokenInvalid):
        user_for_token(token)
    services.activate_user(alice)
    alice.refresh_from_db()
    assert alice.is_active


def test_a_profile_changes_where_asked(alice: User) -> None:
    services.update_profile(alice, display_name=" Alice Zhang ")
    services.update_profile(alice, locale="zh-hans")

    alice.refresh_from_db()
    assert (alice.display_name, alice.locale) == ("Alice Zhang", "zh-hans")


def test_a_changed_profile_counts_up_and_is_found_by_its_new_name(alice: User) -> None:
    services.update_profile(alice, display_name="张晓明")

    assert alice.version == 2
    alice.refresh_from_db()
    assert alice.version == 2
    assert "^zxm" in alice.search_text.split("\n")


@pytest.mark.parametrize("change", [{"display_name": ""}, {"display_name": "x" * 101}, {"locale": "tlh"}])
def test_a_bad_profile_changes_nothing(alice: User, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        services.update_profile(alice, **change)

    alice.refresh_from_db()
    assert (alice.display_name, alice.locale) == ("Alice", "")
