"""The same plan and the same SQL over Django's connection, for REST and for events the server writes itself.

Locks the log row before anything else; a service that also changes members calls `lock_log` first.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from django.db import connection

from apps.common.arrays import PLAIN
from apps.common.errors import ImError
from apps.messaging.errors import ConversationNotFound
from apps.messaging.store import statements
from apps.messaging.store.plan import LogEnd, plan_batch
from apps.messaging.store.records import Committed, Draft
from apps.wire.ids import ConversationId

_BUMP_EPOCH = """
UPDATE messaging_log SET members_epoch = members_epoch + 1 WHERE conversation_id = %s AND tenant_id = %s
"""


def lock_log(tenant_id: UUID, conversation_id: UUID) -> LogEnd:
    """Lock one log for the rest of the transaction and return its end. Raises ConversationNotFound."""
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_LOGS, ([conversation_id], [tenant_id]))
        logs = statements.read_logs(cast("list[statements.LogRow]", cursor.fetchall()))
    if not logs:
        raise ConversationNotFound(conversation=str(conversation_id))
    return logs[ConversationId(conversation_id)]


def bump_members_epoch(tenant_id: UUID, conversation_id: UUID) -> None:
    """Say that the members changed, so that member lists kept by any node are read again. The log is locked."""
    with connection.cursor() as cursor:
        cursor.execute(_BUMP_EPOCH, (conversation_id, tenant_id))


def append_in_transaction(drafts: Sequence[Draft], *, now_ms: int) -> list[Committed]:
    """Append drafts within the transaction that the caller has open; all or, by the first refusal raised, none.

    Raises ConversationNotFound or MessageIdConflict. A lost race on a message id is an IntegrityError: the caller's
    transaction has to run again, as after SQLSTATE 40001.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_LOGS, statements.lock_parameters(drafts, PLAIN))
        logs = statements.read_logs(cast("list[statements.LogRow]", cursor.fetchall()))
        cursor.execute(statements.KNOWN_EVENTS, statements.known_parameters(drafts, PLAIN))
        known = statements.read_known(cast("list[statements.KnownRow]", cursor.fetchall()))
        cursor.execute(statements.MEMBERS, statements.member_parameters(logs, PLAIN))
        members = statements.read_members(cast("list[statements.MemberRow]", cursor.fetchall()))
        plan = plan_batch(drafts, logs=logs, known=known, members=members, now_ms=now_ms)
        committed: list[Committed] = []
        for outcome in plan.outcomes:
            if isinstance(outcome, ImError):
                raise outcome
            committed.append(outcome)
        if plan.grown:
            cursor.execute(statements.UPDATE_LOGS, statements.update_parameters(plan.grown, PLAIN))
            cursor.execute(statements.INSERT_EVENTS, statements.insert_parameters(plan.rows, PLAIN))
    return committed
