"""What is written down about an account is about the person, whoever did it."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.trail import note
from apps.audit.models import Entry


@pytest.mark.parametrize(("is_anonymous", "by_bob"), [(False, False), (False, True), (True, False)])
def test_the_target_is_the_person(alice: User, bob: User, is_anonymous: bool, by_bob: bool) -> None:
    note(
        "accounts.x",
        alice,
        now=timezone.now(),
        actor=bob if by_bob else None,
        is_anonymous=is_anonymous,
        after={"by": "y"},
    )

    entry = Entry.objects.for_tenant(alice.tenant_id).get()
    assert (entry.target_id, entry.target_label) == (str(alice.pk), "alice@acme")
    assert entry.actor_id == (None if is_anonymous else bob.id if by_bob else alice.id)
