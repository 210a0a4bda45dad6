"""What is due about accounts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import SigningKey
from apps.accounts.services.keys import keys
from apps.accounts.tasks import forget_expired, keep_keys_current
from apps.jobs.turns import Turn

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_what_has_expired_is_forgotten_and_counted() -> None:
    Session.objects.create(session_key="over", expire_date=NOW - timedelta(days=1))
    Session.objects.create(session_key="open", expire_date=NOW + timedelta(days=1))
    turn = Turn(NOW)

    forget_expired(turn)

    assert turn.done == 1
    assert Session.objects.get().session_key == "open"


def test_the_next_keys_are_made_although_nobody_signs() -> None:
    keys.public_keys()
    known = set(SigningKey.objects.values_list("pk", flat=True))
    SigningKey.objects.update(signs_from=timezone.now() - timedelta(seconds=1))  # the followers have begun
    turn = Turn(NOW)

    keep_keys_current(turn)

    made = SigningKey.objects.exclude(pk__in=known)
    assert turn.done == made.count() == 2
    assert {key.algorithm for key in made} == set(SigningKey.Algorithm.values)


def test_keys_that_are_current_stay() -> None:
    keys.public_keys()
    turn = Turn(NOW)

    keep_keys_current(turn)

    assert turn.done == 0
