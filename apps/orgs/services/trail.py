"""Entries of the audit log about the directory: how its changes are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.access.scopes import Scope
from apps.access.selectors import Actor
from apps.accounts.models import User
from apps.audit.services import Change
from apps.orgs.models import Department, Organisation, Placement

Values = Mapping[str, Any]


def told(
    actor: Actor,
    action: str,
    target: Organisation | Department | Placement | User,
    *,
    scope: Scope,
    now: datetime,
    before: Values | None = None,
    after: Values | None = None,
) -> Change:
    """Return the entry for something done to a row: `action` is "department.moved" and the like."""
    return Change(
        tenant_id=_tenant_of(target),
        actor_id=actor.id,
        actor_login=actor.login,
        scope=scope.path,
        action=f"orgs.{action}",
        kind=action.partition(".")[0],
        target_id=target.pk,
        target_label=_label(target),
        before=before or {},
        after=after or {},
        at=now,
    )


def _tenant_of(target: Organisation | Department | Placement | User) -> UUID:
    return target.tenant_id


def _label(target: Organisation | Department | Placement | User) -> str:
    if isinstance(target, Placement):
        return f"{target.user.login} in {target.department.name}"
    return target.login if isinstance(target, User) else target.name
