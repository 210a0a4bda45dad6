"""Moving one's own delivered and read positions. Sessions note them and the writer gathers; REST writes at once."""

from django.db import connection

from apps.accounts.models import User
from apps.common.arrays import PLAIN
from apps.common.retry import run_in_transaction
from apps.messaging import fanout, selectors
from apps.messaging.store.cursors import (
    MAX_WATCHED_MEMBERS,
    UPSERT_CURSORS,
    WATCHERS,
    CursorWriter,
    Note,
    read_grown,
    upsert_parameters,
)
from apps.wire.frames import ConversationState
from apps.wire.ids import ConversationId, TenantId, UserId

__all__ = ["CursorWriter", "advance_cursor"]


def advance_cursor(
    actor: User, *, conversation_id: ConversationId, delivered_seq: int = 0, read_seq: int = 0
) -> ConversationState:
    """Move one's positions forward and return the conversation's state; what would move them back changes nothing.

    Positions past the end of the log stop at its end; reading implies having received. Raises ConversationNotFound.
    """
    note = Note(TenantId(actor.tenant_id), delivered_seq, read_seq)
    notes = {(conversation_id, UserId(actor.id)): note}

    def advance() -> ConversationState:
        with connection.cursor() as cursor:
            cursor.execute(UPSERT_CURSORS, upsert_parameters(notes, PLAIN))
            rows = cursor.fetchall()
            if rows:
                cursor.execute(WATCHERS, ([conversation_id], MAX_WATCHED_MEMBERS))
                for grown in read_grown(rows, cursor.fetchall()):
                    fanout.tell_cursor_on_commit(grown)
        return selectors.conversation_state_sync(actor.tenant_id, actor.id, conversation_id)

    return run_in_transaction(advance)
