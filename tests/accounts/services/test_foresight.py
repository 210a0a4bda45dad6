"""What rules of signing in would mean for people is counted before they hold."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import CodeGenerator, Passkey, User
from apps.accounts.services import deactivate_user
from apps.accounts.services.foresight import factors_missing, passwords_outdated, people_without_passkey
from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences, SignInPolicy
from tests.accounts.programs import make_service_account
from tests.admin.conftest import give_role

pytestmark = pytest.mark.django_db

PLAIN = Preferences()
EVERYONE = Preferences(sign_in=SignInPolicy(second_factor="everyone"))
ADMINS = Preferences(sign_in=SignInPolicy(second_factor="admins"))


def aged(days: int) -> Preferences:
    return Preferences(sign_in=SignInPolicy(password_max_age_days=days))


def give_passkey(user: User) -> None:
    Passkey.unscoped.create(
        tenant=user.tenant, user=user, credential_id=user.pk.bytes, public_key=b"k", host="localhost", name="Key"
    )


class TestFactors:
    def test_people_without_one_are_counted(self, alice: User, bob: User, eve: User, tenant: Tenant) -> None:
        make_service_account(tenant)

        assert factors_missing(tenant, PLAIN, EVERYONE).startswith("2 people have no second factor")

    def test_who_has_one_or_is_gone_does_not_count(self, alice: User, bob: User, tenant: Tenant) -> None:
        CodeGenerator.unscoped.create(tenant=tenant, user=alice, sealed_secret="x", last_step=0)
        deactivate_user(bob)

        assert factors_missing(tenant, PLAIN, EVERYONE) == ""

    def test_of_administrators_only_those_with_powers_count(self, alice: User, bob: User, tenant: Tenant) -> None:
        give_role(alice, TENANT_ADMIN)
        former = give_role(bob, TENANT_ADMIN)
        former.expires_at = timezone.now() - timedelta(minutes=1)
        former.save()

        told = factors_missing(tenant, PLAIN, ADMINS)
        give_passkey(alice)

        assert told.startswith("1 person has no second factor")
        assert factors_missing(tenant, PLAIN, ADMINS) == ""

    @pytest.mark.parametrize(("before", "after"), [(EVERYONE, EVERYONE), (EVERYONE, PLAIN), (PLAIN, PLAIN)])
    def test_a_demand_that_is_no_new_one_means_nothing(
        self, alice: User, tenant: Tenant, before: Preferences, after: Preferences
    ) -> None:
        assert factors_missing(tenant, before, after) == ""


class TestPasswords:
    def test_older_ones_are_counted(self, alice: User, bob: User, tenant: Tenant) -> None:
        User.unscoped.filter(pk=alice.pk).update(password_set_at=timezone.now() - timedelta(days=91))
        User.unscoped.filter(pk=bob.pk).update(password_set_at=timezone.now() - timedelta(days=89))

        assert passwords_outdated(tenant, PLAIN, aged(90)).startswith("1 person has an older password")
        assert passwords_outdated(tenant, aged(120), aged(80)).startswith("2 people have older passwords")

    def test_who_has_none_is_not_asked_for_another(self, alice: User, tenant: Tenant) -> None:
        alice.set_unusable_password()
        alice.password_set_at = timezone.now() - timedelta(days=91)
        alice.save()

        assert passwords_outdated(tenant, PLAIN, aged(90)) == ""

    @pytest.mark.parametrize(("before", "after"), [(30, 30), (30, 60), (30, 0), (0, 0)])
    def test_an_age_that_asks_for_no_more_means_nothing(
        self, alice: User, tenant: Tenant, before: int, after: int
    ) -> None:
        User.unscoped.filter(pk=alice.pk).update(password_set_at=timezone.now() - timedelta(days=900))

        assert passwords_outdated(tenant, aged(before), aged(after)) == ""


def test_superusers_and_who_has_a_passkey_come_in_without_passwords(alice: User, bob: User, tenant: Tenant) -> None:
    give_passkey(alice)
    User.unscoped.filter(pk=bob.pk).update(is_superuser=True)

    assert not people_without_passkey(tenant).exists()
