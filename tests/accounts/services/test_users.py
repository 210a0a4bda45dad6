"""Making users and changing what belongs to them."""

import threading
from typing import Any

import pytest
from django.db import connection

from apps.accounts import services
from apps.accounts.errors import PasswordTooWeak, TokenInvalid, UsernameTaken
from apps.accounts.models import User
from apps.accounts.services.tokens import user_for_token
from apps.common.errors import InvalidInput
from apps.tenants.errors import UsersLimit
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


class TestTheTenantsLimit:
    """A tenant has as many active users as it may, and not one more."""

    def limited(self, tenant: Tenant, users_max: int) -> Tenant:
        tenant.users_max = users_max
        tenant.save()
        return tenant

    def test_the_last_place_is_given_and_then_none(self, tenant: Tenant) -> None:
        self.limited(tenant, 2)
        services.create_user(tenant, username="alice", password=PASSWORD)
        services.create_user(tenant, username="bob", password=PASSWORD)

        with pytest.raises(UsersLimit) as refusal:
            services.create_user(tenant, username="carol", password=PASSWORD)

        assert refusal.value.code == "tenant_users_limit"
        assert User.objects.for_tenant(tenant.id).count() == 2

    def test_who_is_deactivated_makes_room_and_comes_back_only_into_room(self, tenant: Tenant, alice: User) -> None:
        self.limited(tenant, 1)
        services.deactivate_user(alice)
        services.create_user(tenant, username="bob", password=PASSWORD)

        with pytest.raises(UsersLimit):
            services.activate_user(alice)

        assert not User.objects.for_tenant(tenant.id).get(pk=alice.pk).is_active

    def test_activating_the_active_needs_no_room(self, tenant: Tenant, alice: User) -> None:
        self.limited(tenant, 1)

        services.activate_user(alice)

        assert alice.is_active

    def test_other_tenants_do_not_count(self, tenant: Tenant, eve: User) -> None:
        self.limited(tenant, 1)

        assert services.create_user(tenant, username="alice", password=PASSWORD).is_active

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_the_last_place_one_gets_it(self, tenant: Tenant) -> None:
        self.limited(tenant, 3)
        outcomes: list[str] = []
        start = threading.Barrier(6)

        def create(number: int) -> None:
            start.wait(60)
            try:
                services.create_user(tenant, username=f"user{number}", password=PASSWORD)
                outcomes.append("made")
            except UsersLimit:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(outcomes) == ["made"] * 3 + ["refused"] * 3
        assert User.objects.for_tenant(tenant.id).count() == 3


def test_who_chose_no_language_has_the_tenants(tenant: Tenant) -> None:
    tenant.settings = {"locale": "zh-hans"}

    assert services.create_user(tenant, username="alice", password=PASSWORD).locale == "zh-hans"
    assert services.create_user(tenant, username="bob", password=PASSWORD, locale="en").locale == "en"


def test_a_profile_read_before_somebody_s_change_does_not_undo_it(alice: User) -> None:
    read_before = User.unscoped.get(pk=alice.pk)
    services.update_profile(alice, display_name="Alice Zhang")

    services.update_profile(read_before, locale="zh-hans")

    alice.refresh_from_db()
    assert (alice.display_name, alice.locale, alice.version) == ("Alice Zhang", "zh-hans", 3)
