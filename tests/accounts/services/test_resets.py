"""Links that set a password: told by their digest, void with the account."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.errors import PasswordTooWeak, ResetInvalid
from apps.accounts.models import PasswordReset, User
from apps.accounts.services import deactivate_user, resets

SITE = "https://im.example.com"


@pytest.fixture
def token(alice: User, settings: pytest.FixtureRequest) -> str:
    settings.IM_EMAIL_SITE = SITE  # type: ignore[attr-defined]
    User.objects.for_tenant(alice.tenant_id).filter(pk=alice.pk).update(email="alice@example.com", locale="zh-hans")
    resets.ask_for_link(alice.login, address="10.0.0.1", now=timezone.now())
    return mail.outbox[0].body.split("/accounts/reset/")[1].split("/")[0]


def test_mail_speaks_the_language_of_the_person(token: str) -> None:
    assert "imsite" in mail.outbox[0].subject
    assert f"{SITE}/accounts/reset/{token}/" in mail.outbox[0].body


def test_only_a_digest_is_kept(token: str, alice: User) -> None:
    assert token not in PasswordReset.objects.for_tenant(alice.tenant_id).get().digest


def test_a_weak_password_leaves_the_link_good(token: str, alice: User) -> None:
    with pytest.raises(PasswordTooWeak):
        resets.reset_password(token, password="short", now=timezone.now())

    assert resets.find_reset(token, now=timezone.now()) == alice


def test_no_link_of_an_account_that_was_switched_off(token: str, alice: User) -> None:
    deactivate_user(alice)

    with pytest.raises(ResetInvalid):
        resets.reset_password(token, password="a fresh passphrase", now=timezone.now())


def test_none_after_its_time_or_that_nobody_sent(token: str) -> None:
    for wrong, moment in ((token, timezone.now() + resets.LIFETIME + timedelta(seconds=1)), ("x", timezone.now())):
        with pytest.raises(ResetInvalid):
            resets.find_reset(wrong, now=moment)
        with pytest.raises(ResetInvalid):
            resets.reset_password(wrong, password="a fresh passphrase", now=moment)
