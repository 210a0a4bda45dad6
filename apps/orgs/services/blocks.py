"""Blocking somebody and lifting it. A block ends writing between two people in both directions; it hides nobody.

What they wrote to each other directly is kept by `messaging`, whose `services.blocks` calls this and closes it: that is
the function for whoever answers a person.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from apps.accounts.models import User
from apps.common.retry import run_in_transaction
from apps.orgs.errors import BlocksFull
from apps.orgs.models import Block
from apps.orgs.services.pairs import lock_pair, record_between

MAX_BLOCKS: Final = 2_000
"""People whom one person blocks; a further block is refused. They are sent as one list of pages."""


def block_person(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Block a person of one's tenant, seen or not; again changes nothing. Raises UserNotFound or BlocksFull."""

    def block() -> None:
        other = lock_pair(actor, user_id)
        own = Block.objects.for_tenant(actor.tenant_id).filter(user=actor)
        if own.filter(blocked=other).exists():
            return
        if own.count() >= MAX_BLOCKS:
            raise BlocksFull(limit=MAX_BLOCKS)
        Block(tenant_id=actor.tenant_id, user=actor, blocked=other).save(force_insert=True)
        record_between(actor, "block.made", other, now=now)

    run_in_transaction(block)


def unblock_person(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Lift one's own block; nothing happens where there is none. Raises UserNotFound."""

    def unblock() -> None:
        other = lock_pair(actor, user_id)
        deleted, _by_model = Block.objects.for_tenant(actor.tenant_id).filter(user=actor, blocked=other).delete()
        if deleted:
            record_between(actor, "block.lifted", other, now=now)

    run_in_transaction(unblock)
