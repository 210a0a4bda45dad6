"""What is between two people: both are locked, in the order of their ids, before anything of theirs changes.

Lock order of all that concerns two people: the two, then (in `messaging`) the log, the conversation and the members of
what they write to each other, then the end of the audit log.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.access.scopes import tenant_scope
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.audit.services import Change, record


def lock_pair(actor: User, other_id: UUID) -> User:
    """Lock the actor and another person of her tenant until the transaction ends; return the other one. One query.

    Raises UserNotFound, for oneself too.
    """
    people = User.objects.for_tenant(actor.tenant_id).filter(pk__in=(actor.pk, other_id)).order_by("pk")
    others = [user for user in people.select_for_update(no_key=True) if user.pk != actor.pk]
    if not others:
        raise UserNotFound(user=str(other_id))
    return others[0]


def record_between(actor: User, action: str, other: User, *, now: datetime, after: Mapping[str, Any] = {}) -> None:
    """Write what the actor did about another person to the audit log; it is their tenant's, of no department."""
    record(
        Change(
            tenant_id=actor.tenant_id,
            actor_id=actor.pk,
            actor_login=actor.login,
            scope=tenant_scope(actor.tenant_id).path,
            action=f"orgs.{action}",
            kind=action.partition(".")[0],
            target_id=other.pk,
            target_label=other.login,
            after=after,
            at=now,
        )
    )
