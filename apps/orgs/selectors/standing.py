"""Where somebody stands in the directory: what her own places let her see, worked out before anybody is looked for.

Two queries; the rules are those of `visibility`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.orgs.models import Agreement, Reach

_FIRST_LEVEL: Final = 3
"""Segments of the path of a first-level department: tenant, organisation, department."""


class Place(NamedTuple):
    """One placement of the viewer, with what its department and organisation say."""

    is_leader: bool
    department_id: UUID
    path: str
    organisation_id: UUID
    reach: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a viewer's places amount to. Nobody's places (`is_placed` false) let her see everything that is not hidden.

    Departments are open to her that are in `whole` or `agreed` organisations, at or below a path of `branches`, or in
    `departments`; closed organisations are left out. `around` has the paths of all departments around her places.
    """

    user_id: UUID
    tenant_id: UUID
    is_guest: bool = False
    is_placed: bool = False
    whole: frozenset[UUID] = frozenset()
    branches: frozenset[str] = frozenset()
    departments: frozenset[UUID] = frozenset()
    around: frozenset[str] = frozenset()
    agreed: frozenset[UUID] = frozenset()
    agreed_to_write: frozenset[UUID] = frozenset()


def read_standing(viewer: User) -> Standing:
    """Return where the viewer stands. Two queries at most."""
    rows = list(
        User.objects.for_tenant(viewer.tenant_id)
        .filter(pk=viewer.pk)
        .values_list(
            "directory_settings__is_guest",
            "placements__is_leader",
            "placements__department_id",
            "placements__department__path",
            "placements__department__organisation_id",
            "placements__department__organisation__reach",
            "placements__department__organisation__is_active",
        )
    )
    places = [Place(*row[1:]) for row in rows if row[2] is not None]
    open_places = [place for place in places if place.is_open]
    agreements = _agreements(viewer.tenant_id, {place.organisation_id for place in open_places})
    return Standing(
        user_id=viewer.pk,
        tenant_id=viewer.tenant_id,
        is_guest=any(row[0] for row in rows),
        is_placed=bool(places),
        whole=frozenset(place.organisation_id for place in open_places if place.reach == Reach.ORGANISATION),
        branches=frozenset(_branches(open_places)),
        departments=frozenset(place.department_id for place in open_places),
        around=frozenset(path for place in places for path in around(place.path)),
        agreed=frozenset(giver for giver, _may_write in agreements),
        agreed_to_write=frozenset(giver for giver, may_write in agreements if may_write),
    )


def around(path: str) -> list[str]:
    """Return the paths of a department and of those above it, the root first."""
    segments = path.split("/")
    return ["/".join(segments[:size]) for size in range(2, len(segments) + 1)]


def _branches(places: Iterable[Place]) -> list[str]:
    """What leaders lead; and where people see their branch, the first-level department (for the root: everything)."""
    led = [place.path for place in places if place.is_leader]
    return led + ["/".join(place.path.split("/")[:_FIRST_LEVEL]) for place in places if place.reach == Reach.BRANCH]


def _agreements(tenant_id: UUID, organisation_ids: set[UUID]) -> list[tuple[UUID, bool]]:
    if not organisation_ids:
        return []
    in_force = Agreement.objects.for_tenant(tenant_id).filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
    given = in_force.filter(to_organisation_id__in=organisation_ids, may_see=True)
    return list(given.values_list("from_organisation_id", "may_write"))
