"""Who may change what in a group. Pure: roles in, yes or NotAllowed out."""

from typing import Final

from apps.conversations.errors import DirectImmutable, NotAllowed
from apps.conversations.models import Conversation, Member

_RANK: Final = {Member.Role.MEMBER: 0, Member.Role.ADMIN: 1, Member.Role.OWNER: 2}


def require_group(conversation: Conversation) -> None:
    """Raises DirectImmutable for a direct conversation."""
    if conversation.kind != Conversation.Kind.GROUP:
        raise DirectImmutable


def require_may_add(role: str) -> None:
    """Owner and admins add members."""
    _require(_rank(role) >= 1)


def require_may_rename(role: str) -> None:
    """Owner and admins rename the group."""
    _require(_rank(role) >= 1)


def require_may_remove(role: str, *, target_role: str) -> None:
    """Owner and admins remove members of a lower role than their own."""
    _require(_rank(role) >= 1 and _rank(role) > _rank(target_role))


def require_may_set_role(role: str) -> None:
    """Only the owner gives roles."""
    _require(role == Member.Role.OWNER)


def heir_rank(role: str) -> int:
    """Order in which members inherit a group whose owner leaves: higher first, then the longest-standing."""
    return _rank(role)


def _rank(role: str) -> int:
    return _RANK[Member.Role(role)]


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed
