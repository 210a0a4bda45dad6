"""Placing people in departments, changing their places and taking them away.

Whoever places a person must already reach her: at one of her places, or in the whole tenant while she has none.
Otherwise an admin of a department could draw anybody into it and then act on her.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.access.policies import Powers
from apps.access.selectors import Actor, powers_of
from apps.accounts.models import User
from apps.audit.services import Change, record
from apps.common.errors import Stale
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.orgs.errors import AlreadyPlaced, DepartmentNotFound, PlacementNotFound, PlacementsFull
from apps.orgs.models import Department, Placement
from apps.orgs.models.people import MAX_TITLE_CHARS
from apps.orgs.selectors.lookup import get_department, get_person, get_placement
from apps.orgs.services.departments import require_open
from apps.orgs.services.trail import told
from apps.orgs.services.trees import hold_department
from apps.orgs.units import PEOPLE_CHANGE

MAX_PLACEMENTS: Final = 50
"""Of one person; a further one is refused. Every answer to what she sees looks at all of them."""


@dataclass(frozen=True, slots=True)
class PlacementChange:
    """What to change; None stays as it is."""

    title: str | None = None
    is_primary: bool | None = None
    is_leader: bool | None = None
    sort: int | None = None


def place_person(
    actor: Actor,
    *,
    user_id: UUID,
    department_id: UUID,
    title: str = "",
    is_primary: bool | None = None,
    is_leader: bool = False,
    sort: int = 0,
    now: datetime,
) -> Placement:
    """Give a person a place in a department. Her first one is her primary one unless told otherwise.

    Raises UserNotFound, DepartmentNotFound, NotPermitted, InvalidInput, AlreadyPlaced, PlacementsFull or
    OrganisationClosed.
    """
    wanted = PlacementChange(title, is_primary, is_leader, sort)

    def place() -> Placement:
        powers = powers_of(actor, now=now)
        user = get_person(powers, PEOPLE_CHANGE, user_id)
        placement, entry = put(actor, powers, user, department_id, wanted, now=now)
        record(entry)
        return placement

    return run_in_transaction(place)


def put(
    actor: Actor, powers: Powers, user: User, department_id: UUID, wanted: PlacementChange, *, now: datetime
) -> tuple[Placement, Change]:
    """Place a person whom the actor reaches, inside the caller's transaction. The caller records what is returned."""
    department = get_department(powers, PEOPLE_CHANGE, department_id)
    if department.tenant_id != user.tenant_id:
        raise DepartmentNotFound(department=str(department_id))
    department = hold_department(department)
    powers.require(PEOPLE_CHANGE, department.scope)
    require_open(department)
    own = _lock_places(user)
    if any(each.department_id == department.pk for each in own):
        raise AlreadyPlaced(login=user.login, department=department.name)
    if len(own) >= MAX_PLACEMENTS:
        raise PlacementsFull(login=user.login, limit=MAX_PLACEMENTS)
    fields = _clean(wanted)
    fields["is_primary"] = not own if wanted.is_primary is None else wanted.is_primary
    if fields["is_primary"]:
        _no_longer_primary(user)
    placement = Placement(id=new_id(), tenant_id=user.tenant_id, department=department, user=user, **fields)
    placement.save(force_insert=True)
    return placement, _entry(actor, "placement.created", placement, now, after=fields)


def change_placement(
    actor: Actor, *, placement_id: UUID, version: int, change: PlacementChange, now: datetime
) -> Placement:
    """Change a place. Making it the primary one takes that from the one that was.

    Raises PlacementNotFound, NotPermitted, InvalidInput or Stale.
    """
    fields = _clean(change)

    def store() -> Placement:
        placement = _open(actor, placement_id, version, now)
        before = {field: getattr(placement, field) for field in fields}
        if fields.get("is_primary"):
            _no_longer_primary(placement.user)
        for field, value in fields.items():
            setattr(placement, field, value)
        placement.version += 1
        placement.save(update_fields=[*fields, "version"])
        record(_entry(actor, "placement.changed", placement, now, before=before, after=fields))
        return placement

    return run_in_transaction(store)


def remove_placement(actor: Actor, *, placement_id: UUID, version: int, now: datetime) -> None:
    """Take a place away. Of the places that are left the oldest becomes the primary one if she had none other.

    Raises PlacementNotFound, NotPermitted or Stale.
    """

    def remove() -> None:
        placement = _open(actor, placement_id, version, now)
        entry = _entry(actor, "placement.removed", placement, now, before={"title": placement.title})
        rows = Placement.objects.for_tenant(placement.tenant_id).filter(user_id=placement.user_id)
        was_primary = placement.is_primary
        placement.delete()
        heir = rows.order_by("created_at", "id").first() if was_primary else None
        if heir is not None:
            rows.filter(pk=heir.pk).update(is_primary=True, version=heir.version + 1)
        record(entry)

    run_in_transaction(remove)


def _open(actor: Actor, placement_id: UUID, version: int, now: datetime) -> Placement:
    """The placement, authorised, with all places of its person locked, of this version."""
    powers = powers_of(actor, now=now)
    seen = get_placement(powers, PEOPLE_CHANGE, placement_id)
    hold_department(seen.department)
    found = next((each for each in _lock_places(seen.user) if each.pk == seen.pk), None)
    if found is None:
        raise PlacementNotFound(placement=str(placement_id))
    if found.version != version:
        raise Stale(version=found.version)
    found.user = seen.user
    found.department = Department.objects.for_tenant(seen.tenant_id).get(pk=found.department_id)
    powers.require(PEOPLE_CHANGE, found.department.scope)
    return found


def _lock_places(user: User) -> list[Placement]:
    """All places of a person, which nobody else changes, or adds to, until the transaction ends. Two queries."""
    User.objects.for_tenant(user.tenant_id).select_for_update(no_key=True, of=("self",)).filter(pk=user.pk).first()
    return list(Placement.objects.for_tenant(user.tenant_id).filter(user_id=user.pk).order_by("created_at", "id"))


def _no_longer_primary(user: User) -> None:
    Placement.objects.for_tenant(user.tenant_id).filter(user_id=user.pk, is_primary=True).update(is_primary=False)


def _entry(actor: Actor, action: str, placement: Placement, now: datetime, **values: dict[str, Any]) -> Change:
    return told(actor, action, placement, scope=placement.department.scope, now=now, **values)


def _clean(change: PlacementChange) -> dict[str, Any]:
    """The fields that change, as they are stored."""
    fields = {field: value for field, value in asdict(change).items() if value is not None}
    if change.title is not None:
        fields["title"] = clean_line(change.title, field="title", max_chars=MAX_TITLE_CHARS, required=False)
    return fields
