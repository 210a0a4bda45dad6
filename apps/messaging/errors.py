"""What can be refused in a conversation's log. Codes are those of the WebSocket protocol (`apps.wire.errors`).

A conversation that does not exist, belongs to another tenant, or that the sender is no member of: one and the same
ConversationNotFound, so that nobody learns which ids exist.
"""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError, Unavailable
from apps.conversations.errors import ConversationNotFound
from apps.orgs.errors import Blocked
from apps.wire.errors import ErrorCode

__all__ = [
    "Blocked",
    "Busy",
    "ConversationNotFound",
    "InvalidBody",
    "InvalidCursor",
    "InvalidMessageId",
    "MessageIdConflict",
    "MessageIdMismatch",
    "Unavailable",
]


class InvalidMessageId(ImError):
    """The message id does not have the form of one, or a version this server does not know."""

    code = ErrorCode.INVALID_MESSAGE_ID.value
    status = 400
    message = _("The message id is not valid: %(reason)s.")


class MessageIdMismatch(ImError):
    """The message id names another sender or terminal than the one that sends it."""

    code = ErrorCode.MESSAGE_ID_MISMATCH.value
    status = 400
    message = _("The message id was made for another user or terminal than the one that sends it.")


class MessageIdConflict(ImError):
    """The id is taken by a message with other content or in another conversation."""

    code = ErrorCode.MESSAGE_ID_CONFLICT.value
    status = 409
    message = _("This message id was already used for another message; make a new id for a new message.")


class InvalidBody(ImError):
    """The body does not fit its kind, or the kind is not one that a client may send."""

    code = ErrorCode.INVALID_BODY.value
    status = 400
    message = _("The message body is not valid: %(reason)s.")


class InvalidCursor(ImError):
    """A page cursor that this server did not make."""

    code = ErrorCode.INVALID_INPUT.value
    status = 400
    message = _("cursor: it is not one that this server made; begin again with the first page.")


class Busy(ImError):
    """Too many messages wait to be written on this node."""

    code = ErrorCode.BUSY.value
    status = 503
    message = _("The server has too much to write at this moment; send the same message again shortly.")
    retryable = True
    retry_after_ms = 500
