"""Appending over Django's connection: the caller's transaction, all or nothing."""

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging.errors import ConversationNotFound, MessageIdConflict
from apps.messaging.models import Event, Log
from apps.messaging.store.direct import append_in_transaction, bump_members_epoch, lock_log
from tests.messaging.messages import NOW_MS, draft_of

pytestmark = pytest.mark.django_db


def events(group: Conversation) -> int:
    return Event.objects.for_tenant(group.tenant_id).filter(conversation=group).count()


def test_drafts_get_the_next_seqs(alice: User, bob: User, group: Conversation) -> None:
    first, second = append_in_transaction([draft_of(alice, group), draft_of(bob, group)], now_ms=NOW_MS + 5)

    assert (first.seq, second.seq) == (2, 3)
    assert second.time_ms == NOW_MS + 5
    assert set(second.member_ids) == {alice.id, bob.id}
    assert lock_log(group.tenant_id, group.pk).max_seq == events(group) == 3


def test_a_known_id_writes_nothing(alice: User, group: Conversation) -> None:
    (first,) = append_in_transaction([draft_of(alice, group, number=1)], now_ms=NOW_MS)

    (again,) = append_in_transaction([draft_of(alice, group, number=1)], now_ms=NOW_MS + 5)

    assert (again.seq, again.time_ms, again.repeated) == (first.seq, first.time_ms, True)
    assert events(group) == 2


def test_one_refusal_refuses_all(alice: User, eve: User, group: Conversation) -> None:
    with pytest.raises(ConversationNotFound), transaction.atomic():
        append_in_transaction([draft_of(alice, group), draft_of(eve, group)], now_ms=NOW_MS)

    assert events(group) == 1


def test_a_conflict_is_raised(alice: User, group: Conversation) -> None:
    append_in_transaction([draft_of(alice, group, "a", number=1)], now_ms=NOW_MS)

    with pytest.raises(MessageIdConflict):
        append_in_transaction([draft_of(alice, group, "b", number=1)], now_ms=NOW_MS)


def test_a_log_is_locked_within_its_tenant_only(alice: User, eve: User, group: Conversation) -> None:
    assert lock_log(alice.tenant_id, group.pk).max_seq == 1
    with pytest.raises(ConversationNotFound):
        lock_log(eve.tenant_id, group.pk)


def test_the_epoch_grows_within_its_tenant_only(alice: User, eve: User, group: Conversation) -> None:
    bump_members_epoch(eve.tenant_id, group.pk)
    bump_members_epoch(alice.tenant_id, group.pk)

    assert Log.objects.for_tenant(alice.tenant_id).get(conversation=group).members_epoch == 1
