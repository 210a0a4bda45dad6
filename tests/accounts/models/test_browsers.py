"""A browser's row is there as long as its session is, and names it nowhere."""

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from apps.accounts.models import BrowserSession, User
from tests.accounts.browsers import browser_of

pytestmark = pytest.mark.django_db


def test_it_goes_with_its_session(alice: User) -> None:
    row = browser_of(alice)

    Session.objects.filter(pk=row.session_id).delete()

    assert not BrowserSession.unscoped.exists()


def test_a_session_is_told_of_once(alice: User) -> None:
    row = browser_of(alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        BrowserSession.unscoped.create(
            tenant=alice.tenant,
            user=alice,
            session_id=row.session_id,
            signed_in_at=row.signed_in_at,
            last_used_at=row.last_used_at,
        )


def test_it_is_named_by_what_it_is_and_never_by_its_key(alice: User) -> None:
    named, unknown = browser_of(alice, "Edge · Windows"), browser_of(alice, "")

    assert (str(named), str(unknown)) == ("Edge · Windows", "unknown browser")
