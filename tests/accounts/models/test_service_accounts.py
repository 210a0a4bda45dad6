"""Service accounts as rows."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.accounts.models import ServiceAccount, User
from apps.accounts.models.service_accounts import MAX_REQUESTS_PER_MINUTE


def account(user: User, *, requests_per_minute: int | None = None) -> ServiceAccount:
    now = timezone.now()
    row = ServiceAccount(
        user=user, tenant_id=user.tenant_id, requests_per_minute=requests_per_minute, secret_changed_at=now
    )
    row.save(force_insert=True)
    return row


@pytest.mark.parametrize("rate", [0, MAX_REQUESTS_PER_MINUTE + 1])
def test_the_database_keeps_rates_within_their_bounds(alice: User, rate: int) -> None:
    with pytest.raises(IntegrityError):
        account(alice, requests_per_minute=rate)


@pytest.mark.parametrize("rate", [None, 1, MAX_REQUESTS_PER_MINUTE])
def test_a_rate_is_optional(alice: User, rate: int | None) -> None:
    stored = account(alice, requests_per_minute=rate)

    assert stored.requests_per_minute == rate
    assert str(stored) == "alice@acme"


def test_an_account_stays_when_the_person_responsible_is_gone(alice: User, bob: User) -> None:
    stored = account(alice)
    ServiceAccount.unscoped.filter(pk=alice.pk).update(owner=bob)

    bob.delete()

    stored.refresh_from_db()
    assert stored.owner is None
