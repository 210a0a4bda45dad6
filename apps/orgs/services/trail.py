"""Entries of the audit log about the directory: how its changes are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Scope
from apps.access.selectors import Actor
from apps.accounts.models import User
from apps.audit.services import Change
from apps.orgs.models import Department, Organisation, Placement

Values = Mapping[str, Any]

WORDS: Final[Mapping[str, Promise]] = {
    "orgs.organisation.created": _("Organisation made"),
    "orgs.organisation.changed": _("Organisation changed"),
    "orgs.organisation.closed": _("Organisation closed"),
    "orgs.organisation.reopened": _("Organisation reopened"),
    "orgs.department.created": _("Department made"),
    "orgs.department.changed": _("Department changed"),
    "orgs.department.moved": _("Department moved"),
    "orgs.department.deleted": _("Department deleted"),
    "orgs.person.created": _("Person made"),
    "orgs.person.changed": _("Person changed"),
    "orgs.person.activated": _("Person activated"),
    "orgs.person.deactivated": _("Person deactivated"),
    "orgs.person.password_set": _("Another password given"),
    "orgs.placement.created": _("Place given"),
    "orgs.placement.changed": _("Place changed"),
    "orgs.placement.removed": _("Place taken away"),
    "orgs.agreement.made": _("Agreement made"),
    "orgs.agreement.changed": _("Agreement changed"),
    "orgs.agreement.ended": _("Agreement ended"),
    "orgs.contact.asked": _("Contact asked for"),
    "orgs.contact.accepted": _("Contact accepted"),
    "orgs.contact.declined": _("Contact declined"),
    "orgs.contact.withdrawn": _("Request for contact taken back"),
    "orgs.contact.ended": _("Contact ended"),
    "orgs.block.made": _("Person blocked"),
    "orgs.block.lifted": _("Block lifted"),
    "orgs.import.received": _("List received for import"),
    "orgs.import.applied": _("List imported"),
    "orgs.import.discarded": _("List thrown away"),
    "orgs.export.made": _("List exported"),
}
"""What is done in the directory, by the action in the audit log."""


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
