"""Agreements: an organisation lets the people of another one of its tenant see its own people, or also write to them.

Whoever changes who is seen has to have the power over those who are: that is the organisation that allows. What the
other one allows in return is an agreement of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.access.scopes import organisation_scope
from apps.access.selectors import Actor, powers_of
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction
from apps.orgs.errors import AgreementNotFound, AgreementTaken, OrganisationClosed, OrganisationNotFound
from apps.orgs.models import Agreement, Organisation
from apps.orgs.selectors.lookup import get_agreement, get_organisation
from apps.orgs.units import AGREEMENT_CHANGE

_VALUES: Final = ("may_see", "may_write", "expires_at")


def make_agreement(
    actor: Actor,
    *,
    from_id: UUID,
    to_id: UUID,
    may_see: bool = True,
    may_write: bool = False,
    expires_at: datetime | None = None,
    now: datetime,
) -> Agreement:
    """Let the people of the organisation `to_id` see those of `from_id`, or also write to them; None: without end.

    Raises OrganisationNotFound, NotPermitted, InvalidInput, OrganisationClosed or AgreementTaken.
    """
    giver = get_organisation(powers_of(actor, now=now), AGREEMENT_CHANGE, from_id)
    _check(may_see=may_see, may_write=may_write, expires_at=expires_at, now=now)
    if from_id == to_id:
        raise InvalidInput(field="to", reason=_("must be another organisation"))

    def make() -> Agreement:
        taker = _lock_both(giver, to_id)
        agreement = Agreement(
            tenant_id=giver.tenant_id,
            from_organisation=giver,
            to_organisation=taker,
            may_see=may_see,
            may_write=may_write,
            expires_at=expires_at,
        )
        agreement.save(force_insert=True)
        _record(actor, "agreement.made", agreement, now, after=_values(agreement))
        return agreement

    try:
        return run_in_transaction(make)
    except IntegrityError as error:
        if "orgs_agreement_once" not in str(error):
            raise
        raise AgreementTaken(giver=str(from_id), taker=str(to_id)) from error


def change_agreement(
    actor: Actor,
    *,
    agreement_id: UUID,
    version: int,
    may_see: bool,
    may_write: bool,
    expires_at: datetime | None,
    now: datetime,
) -> Agreement:
    """Change what an agreement allows and how long. Raises AgreementNotFound, NotPermitted, InvalidInput or Stale."""
    _check(may_see=may_see, may_write=may_write, expires_at=expires_at, now=now)

    def change() -> Agreement:
        agreement = _open(actor, agreement_id, version, now)
        before = _values(agreement)
        agreement.may_see, agreement.may_write, agreement.expires_at = may_see, may_write, expires_at
        agreement.version += 1
        agreement.save(update_fields=[*_VALUES, "version"])
        _record(actor, "agreement.changed", agreement, now, before=before, after=_values(agreement))
        return agreement

    return run_in_transaction(change)


def end_agreement(actor: Actor, *, agreement_id: UUID, version: int, now: datetime) -> None:
    """End an agreement at once. Raises AgreementNotFound, NotPermitted or Stale."""

    def end() -> None:
        agreement = _open(actor, agreement_id, version, now)
        before, gone = _values(agreement), agreement.pk
        agreement.delete()
        agreement.pk = gone
        _record(actor, "agreement.ended", agreement, now, before=before)

    run_in_transaction(end)


def _open(actor: Actor, agreement_id: UUID, version: int, now: datetime) -> Agreement:
    """The agreement, authorised, locked, of this version."""
    seen = get_agreement(powers_of(actor, now=now), AGREEMENT_CHANGE, agreement_id)
    locked = Agreement.objects.for_tenant(seen.tenant_id).select_for_update(of=("self",))
    agreement = locked.select_related("from_organisation", "to_organisation").filter(pk=agreement_id).first()
    if agreement is None:
        raise AgreementNotFound(agreement=str(agreement_id))
    if agreement.version != version:
        raise Stale(version=agreement.version)
    return agreement


def _lock_both(giver: Organisation, taker_id: UUID) -> Organisation:
    """Lock both, so that neither is closed meanwhile; return the one that is allowed."""
    rows = Organisation.objects.for_tenant(giver.tenant_id).filter(pk__in=(giver.pk, taker_id)).order_by("pk")
    found = {row.pk: row for row in rows.select_for_update(no_key=True)}
    if taker_id not in found:
        raise OrganisationNotFound(organisation=str(taker_id))
    for organisation in found.values():
        if not organisation.is_active:
            raise OrganisationClosed(name=organisation.name)
    return found[taker_id]


def _check(*, may_see: bool, may_write: bool, expires_at: datetime | None, now: datetime) -> None:
    if may_write and not may_see:
        raise InvalidInput(field="may_write", reason=_("can't be allowed without seeing"))
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(field="expires_at", reason=_("must be in the future"))


def _values(agreement: Agreement) -> dict[str, Any]:
    return {name: getattr(agreement, name) for name in _VALUES}


def _record(actor: Actor, action: str, agreement: Agreement, now: datetime, **values: Mapping[str, Any]) -> None:
    record(
        Change(
            tenant_id=agreement.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=organisation_scope(agreement.tenant_id, agreement.from_organisation_id).path,
            action=f"orgs.{action}",
            kind="agreement",
            target_id=agreement.pk,
            target_label=f"{agreement.from_organisation.name} -> {agreement.to_organisation.name}",
            at=now,
            **values,
        )
    )
