"""What the database itself holds about conversations."""

import pytest
from django.db import IntegrityError, connection

from apps.accounts.models import User
from apps.conversations.models import Conversation, Member


def direct(actor: User, key: str | None) -> Conversation:
    return Conversation(tenant_id=actor.tenant_id, kind="direct", direct_key=key, created_by=actor)


def test_a_pair_has_one_direct_conversation(alice: User) -> None:
    direct(alice, "a:b").save()

    with pytest.raises(IntegrityError, match="conversations_one_direct_per_pair"):
        direct(alice, "a:b").save()


def test_the_same_key_in_another_tenant_is_another_pair(alice: User, eve: User) -> None:
    direct(alice, "a:b").save()
    direct(eve, "a:b").save()

    assert Conversation.objects.for_tenant(alice.tenant_id).count() == 1
    assert Conversation.objects.for_tenant(eve.tenant_id).count() == 1


def test_a_direct_conversation_has_a_key(alice: User) -> None:
    with pytest.raises(IntegrityError, match="conversations_direct_has_key"):
        direct(alice, None).save()


def test_a_group_has_no_key(alice: User) -> None:
    with pytest.raises(IntegrityError, match="conversations_direct_has_key"):
        Conversation(tenant_id=alice.tenant_id, kind="group", direct_key="a:b", created_by=alice).save()


def test_a_user_is_in_a_conversation_once(alice: User) -> None:
    conversation = direct(alice, "a:b")
    conversation.save()
    Member(tenant_id=alice.tenant_id, conversation=conversation, user=alice).save()

    with pytest.raises(IntegrityError, match="conversations_member_once"):
        Member(tenant_id=alice.tenant_id, conversation=conversation, user=alice).save()


def test_a_conversation_is_known_by_its_title_or_id(alice: User) -> None:
    group = Conversation(tenant_id=alice.tenant_id, kind="group", title="Launch", created_by=alice)

    assert str(group) == "Launch"
    assert str(direct(alice, "a:b")) not in {"", "Launch"}
    assert str(Member(conversation=group, user=alice)) == f"{alice.id} in {group.id}"


def test_a_member_may_write_unless_said_otherwise_whoever_makes_the_row(alice: User) -> None:
    conversation = direct(alice, "a:b")
    conversation.save()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_member (id, tenant_id, created_at, conversation_id, user_id, role, join_seq)"
            " VALUES (gen_random_uuid(), %s, now(), %s, %s, 'member', 1)",
            (alice.tenant_id, conversation.pk, alice.pk),
        )

    assert Member.objects.for_tenant(alice.tenant_id).get().may_write
