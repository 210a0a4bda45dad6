"""Who makes a request, in the types that the log speaks."""

from uuid import UUID

from rest_framework.request import Request

from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.accounts.selectors import owns_terminal
from apps.messaging.services.sending import Sender
from apps.wire.ids import InvalidMessageId, TenantId, TerminalId, UserId, parse_message_id

NO_TERMINAL = TerminalId(UUID(int=0))
"""Stands in message ids of programs that only use REST and never registered a terminal."""


def sender_of(request: Request, *, message_id: str) -> Sender:
    """Return the sender, at the terminal that the message id names if that is hers, else at none.

    An id that can't be parsed names none; sending then refuses it by its own rules. One query, none without terminal.
    """
    actor = actor_of(request)
    return Sender(
        tenant_id=TenantId(actor.tenant_id), user_id=UserId(actor.id), terminal_id=_own_terminal(actor, message_id)
    )


def _own_terminal(actor: User, message_id: str) -> TerminalId:
    try:
        terminal_id = parse_message_id(message_id).terminal
    except InvalidMessageId:
        return NO_TERMINAL
    named = terminal_id != NO_TERMINAL and owns_terminal(actor, terminal_id)
    return terminal_id if named else NO_TERMINAL
