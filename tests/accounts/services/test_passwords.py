"""What a tenant asks of passwords, at whatever door they are set."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.errors import PasswordTooWeak, ProofWrong, SignInLimited
from apps.accounts.models import PastPassword, User
from apps.accounts.services.passwords import MAX_CHARS, is_too_old, prove_password
from tests.accounts.factors import set_policy
from tests.conftest import PASSWORD

FRESH = "a fresh passphrase"


@pytest.mark.parametrize("password", ["tiny", "password123", "woaini1314", "alice@acme1", "x!7" * MAX_CHARS])
def test_weak_ones_are_refused_to_everybody(alice: User, password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        services.set_password(alice, password=password)
    with pytest.raises(PasswordTooWeak):
        services.create_user(alice.tenant, username="alice2", password=password)


def test_a_tenant_may_ask_for_longer_ones(alice: User) -> None:
    set_policy(alice.tenant, password_min_chars=30)

    with pytest.raises(PasswordTooWeak, match="30"):
        services.set_password(alice, password=FRESH)

    services.set_password(alice, password=FRESH + " that is much longer")


def test_so_many_former_ones_are_remembered_and_no_more(alice: User) -> None:
    set_policy(alice.tenant, password_history=2)
    for word in ("first", "second"):
        services.set_password(alice, password=f"{word} passphrase")
    for former in (PASSWORD, "first passphrase", "second passphrase"):
        with pytest.raises(PasswordTooWeak, match="before"):
            services.set_password(alice, password=former)

    services.set_password(alice, password="third passphrase")

    assert PastPassword.objects.for_tenant(alice.tenant_id).count() == 2
    services.set_password(alice, password=PASSWORD)


def test_without_such_a_rule_none_is_kept(alice: User) -> None:
    services.set_password(alice, password=FRESH)

    assert not PastPassword.objects.for_tenant(alice.tenant_id).exists()


def test_age_counts_from_the_last_change_and_only_where_asked(alice: User) -> None:
    now = timezone.now()
    assert not is_too_old(alice, now=now + timedelta(days=4000))
    set_policy(alice.tenant, password_max_age_days=30)

    assert [is_too_old(alice, now=now + timedelta(days=days)) for days in (29, 31)] == [False, True]
    alice.password_set_at = None
    assert is_too_old(alice, now=now + timedelta(days=31)), "as old as the account"
    alice.set_unusable_password()
    assert not is_too_old(alice, now=now + timedelta(days=31))


def test_proving_it_is_bounded(alice: User) -> None:
    set_policy(alice.tenant, lock_after=3)
    now = timezone.now()
    prove_password(alice, PASSWORD, now=now)
    for _ in range(3):
        with pytest.raises(ProofWrong):
            prove_password(alice, "wrong", now=now)

    with pytest.raises(SignInLimited):
        prove_password(alice, PASSWORD, now=now)
