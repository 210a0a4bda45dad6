"""Blocking somebody and lifting it, with what it does to the direct conversation of the two: neither writes there.

Nodes keep who may write with the members of a conversation, which they read again when the membership epoch has grown:
from the commit of a block on, no node takes a message any more. What was said stays, and so do groups.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from apps.accounts.models import User
from apps.common.retry import run_in_transaction
from apps.conversations import services as membership
from apps.conversations.selectors import find_direct
from apps.messaging.store.direct import bump_members_epoch, lock_log
from apps.orgs.selectors.relations import is_blocked
from apps.orgs.services import blocks
from apps.orgs.services.pairs import lock_pair


def block_person(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Block a person: neither of the two writes to the other from now on. Raises UserNotFound or BlocksFull."""
    _change(actor, user_id, lambda: blocks.block_person(actor, user_id=user_id, now=now))


def unblock_person(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Lift one's block: the two write again, unless the other one blocks too. Raises UserNotFound."""
    _change(actor, user_id, lambda: blocks.unblock_person(actor, user_id=user_id, now=now))


def _change(actor: User, user_id: UUID, change: Callable[[], None]) -> None:
    """Locks the two, their log and their memberships before `change` locks the end of the audit log, which is last."""

    def settle() -> None:
        lock_pair(actor, user_id)
        direct = find_direct(actor, user_id)
        if direct is None:
            change()
            return
        lock_log(actor.tenant_id, direct.pk)
        members = membership.lock_members(direct)
        change()
        membership.let_write(members, may_write=not is_blocked(actor, user_id))
        bump_members_epoch(actor.tenant_id, direct.pk)

    run_in_transaction(settle)
