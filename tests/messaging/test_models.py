"""What the database itself refuses to hold."""

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.messaging.models import Cursor, Event, Log
from apps.tenants.models import UnscopedQueryError
from tests.messaging.messages import NOW_MS

pytestmark = pytest.mark.django_db


def insert(group: Conversation, **changes: Any) -> None:
    values = {
        "conversation": group,
        "seq": 2,
        "tenant_id": group.tenant_id,
        "message_id": b"one",
        "kind": "text",
        "sender_id": group.created_by_id,
        "created_at": to_datetime(NOW_MS),
        "countable": True,
        "body": b"{}",
        "digest": b"",
    }
    with transaction.atomic():
        Event(**(values | changes)).save(force_insert=True)


def test_a_seq_is_taken_once_per_conversation(group: Conversation) -> None:
    insert(group)

    with pytest.raises(IntegrityError):
        insert(group, message_id=b"two")


def test_a_message_id_is_taken_once_per_tenant(group: Conversation, direct: Conversation, eve: User) -> None:
    insert(group)

    with pytest.raises(IntegrityError):
        insert(direct)
    insert(direct, tenant_id=eve.tenant_id)


@pytest.mark.parametrize("seq", [0, -1])
def test_seqs_begin_with_one(group: Conversation, seq: int) -> None:
    with pytest.raises(IntegrityError):
        insert(group, seq=seq)


def test_a_log_does_not_run_backward_past_its_beginning(group: Conversation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Log.objects.for_tenant(group.tenant_id).filter(conversation=group).update(max_seq=-1)


def test_names_identify_rows(group: Conversation) -> None:
    log = Log.objects.for_tenant(group.tenant_id).get(conversation=group)
    user_id = UUID(int=1)

    assert str(log) == f"{group.pk} at 1"
    assert str(Event(conversation=group, seq=3)) == f"{group.pk}/3"
    cursor = Cursor(conversation=group, user_id=user_id, delivered_seq=5, read_seq=4)
    assert str(cursor) == f"{user_id} in {group.pk}: delivered 5, read 4"


def test_a_conversation_has_one_log_which_goes_with_it(group: Conversation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Log(conversation=group, tenant_id=group.tenant_id, last_event_at=to_datetime(NOW_MS)).save(force_insert=True)

    group.delete()

    assert not Log.unscoped.exists()


def test_a_user_has_one_cursor_per_conversation_which_goes_with_either(carol: User, group: Conversation) -> None:
    def insert_cursor() -> None:
        with transaction.atomic():
            at = to_datetime(NOW_MS)
            Cursor(conversation=group, user=carol, tenant_id=group.tenant_id, updated_at=at).save(force_insert=True)

    insert_cursor()
    stored = Cursor.objects.for_tenant(group.tenant_id).get()
    assert (stored.delivered_seq, stored.read_seq) == (0, 0)
    with pytest.raises(IntegrityError):
        insert_cursor()

    carol.delete()

    assert not Cursor.unscoped.exists()


@pytest.mark.parametrize("model", [Log, Event, Cursor])
def test_no_query_spans_tenants(model: Any, alice: User, eve: User, group: Conversation) -> None:
    at = to_datetime(NOW_MS)
    Cursor(conversation=group, user=alice, tenant_id=group.tenant_id, updated_at=at).save(force_insert=True)

    with pytest.raises(UnscopedQueryError):
        model.objects.all()

    assert model.objects.for_tenant(alice.tenant_id).count() == 1
    assert model.objects.for_tenant(eve.tenant_id).count() == 0
