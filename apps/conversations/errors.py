"""What may go wrong with conversations and their members."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError
from apps.wire.errors import ErrorCode


class ConversationNotFound(ImError):
    """There is no such conversation, or one is not a member of it: the answer is the same, so it tells nothing."""

    code = ErrorCode.CONVERSATION_NOT_FOUND.value
    status = 404
    message = _("There is no conversation %(conversation)s.")


class MemberNotFound(ImError):
    """The user is not a member of the conversation."""

    code = "member_not_found"
    status = 404
    message = _("User %(user)s is not a member of this conversation.")


class DirectWithSelf(ImError):
    """A direct conversation has two people."""

    code = "direct_with_self"
    status = 400
    message = _("A direct conversation needs another person.")


class DirectImmutable(ImError):
    """Direct conversations keep their two members and have no title."""

    code = "direct_immutable"
    status = 409
    message = _("The members and title of a direct conversation can't be changed.")


class GroupFull(ImError):
    """The group would have more members than the installation allows."""

    code = "group_full"
    status = 409
    message = _("The group would have %(size)s members, at most %(limit)s are allowed.")


class NotAllowed(ImError):
    """One's role in the conversation does not allow this."""

    code = "not_allowed"
    status = 403
    message = _("Your role in this conversation does not allow this.")


class OwnerStays(ImError):
    """A group has an owner: she gives the role to someone else rather than dropping it."""

    code = "owner_stays"
    status = 409
    message = _("A group needs an owner: make someone else the owner instead.")
