"""Rows of the statements turn into what planning needs."""

from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.common.arrays import PLAIN
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.messaging.store import statements
from apps.messaging.store.plan import LogEnd
from apps.wire.ids import ConversationId, TenantId
from tests.messaging.messages import NOW_MS, draft_of

ROOM, TENANT, USER = UUID(int=1), TenantId(UUID(int=2)), UUID(int=3)


def test_log_rows_become_log_ends() -> None:
    assert statements.read_logs([(ROOM, TENANT, 4, 5, to_datetime(NOW_MS))]) == {ROOM: LogEnd(TENANT, 4, 5, NOW_MS)}


def test_known_rows_are_found_by_tenant_and_id() -> None:
    row = (TENANT, b"id", ROOM, 4, to_datetime(NOW_MS), USER, b"digest")

    known = statements.read_known([row])

    assert known[TENANT, b"id"].seq == 4
    assert known[TENANT, b"id"].digest == b"digest"


def test_member_rows_are_gathered_by_conversation() -> None:
    other = UUID(int=9)

    members = statements.read_members([(ROOM, USER, True), (ROOM, other, True), (other, USER, True)])

    assert {room: listed.ids for room, listed in members.items()} == {ROOM: (USER, other), other: (USER,)}


def test_members_who_may_not_write_are_no_writers() -> None:
    other = UUID(int=9)

    members = statements.read_members([(ROOM, USER, False), (ROOM, other, True)])

    room = members[ConversationId(ROOM)]
    assert room.ids == (USER, other)
    assert room.writers == {other.int}


@pytest.mark.django_db
def test_a_lock_finds_no_log_of_another_tenant(alice: User, eve: User, group: Conversation) -> None:
    def rows(user: User) -> list:
        with connection.cursor() as cursor:
            cursor.execute(statements.LOCK_LOGS, statements.lock_parameters([draft_of(user, group)] * 2, PLAIN))
            return list(cursor.fetchall())

    assert [row[0] for row in rows(alice)] == [group.pk]
    assert rows(eve) == []


@pytest.mark.django_db
def test_looking_up_ids_uses_the_unique_index(alice: User, group: Conversation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN {statements.KNOWN_EVENTS}", statements.known_parameters([draft_of(alice, group)], PLAIN)
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "messaging_event_id_once_per_tenant" in plan
