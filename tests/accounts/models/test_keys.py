"""Signing keys as rows."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.accounts.models import SigningKey


def row(kid: str, *, algorithm: str = "ES256", number: int = 1) -> SigningKey:
    now = timezone.now()
    return SigningKey(
        kid=kid, algorithm=algorithm, number=number, public={}, sealed="x", created_at=now, signs_from=now
    )


@pytest.mark.django_db
def test_the_database_makes_no_two_keys_of_one_number() -> None:
    row("first").save(force_insert=True)

    with pytest.raises(IntegrityError):
        row("second").save(force_insert=True)


@pytest.mark.django_db
def test_each_algorithm_has_numbers_of_its_own() -> None:
    row("first").save(force_insert=True)
    row("second", algorithm="RS256").save(force_insert=True)

    assert SigningKey.objects.count() == 2


def test_a_key_is_called_by_what_it_is_and_never_by_what_it_holds() -> None:
    assert str(row("abc")) == "ES256 1 abc"
