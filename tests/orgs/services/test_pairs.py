"""Two people are locked before anything between them changes."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.orgs.services.pairs import lock_pair, record_between
from tests.orgs.conftest import NOW


def test_both_are_locked_in_the_order_of_their_ids(alice: User, bob: User) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        other = lock_pair(bob, alice.id)

    assert other == alice
    (query,) = [each["sql"] for each in captured.captured_queries]
    assert "FOR NO KEY UPDATE" in query
    assert 'ORDER BY "accounts_user"."id"' in query


def test_there_have_to_be_two_of_one_tenant(alice: User, eve: User) -> None:
    for nobody in (eve.id, alice.id, uuid4()):
        with pytest.raises(UserNotFound):
            lock_pair(alice, nobody)


def test_what_they_do_is_recorded_with_their_tenant(alice: User, bob: User) -> None:
    record_between(alice, "contact.asked", bob, now=NOW)

    entry = Entry.objects.for_tenant(alice.tenant_id).get()
    assert (entry.action, entry.kind, entry.actor_id, entry.target_id) == (
        "orgs.contact.asked",
        "contact",
        alice.id,
        str(bob.id),
    )
    assert (entry.scope, entry.target_label, entry.at) == (f"t:{alice.tenant_id.hex}", "bob@acme", NOW)
