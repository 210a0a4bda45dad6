"""Where somebody stands in the directory: what her own places let her see, worked out before anybody is looked for.

Two queries; the rules are those of `visibility`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.orgs.models import Agreement, Department, Reach

_FIRST_LEVEL: Final = 3
"""Segments of the path of a first-level department: tenant, organisation, department."""

MOST: Final = 0.05
"""Share of the tenant's departments from which on a viewer counts as one who sees most people: to fill a page for her,
people are looked at one by one, because every twentieth will do at least. For others those whom they see are gathered
first, which costs as much as looking at several thousand."""


class Place(NamedTuple):
    """One placement of the viewer, with what its department and organisation say."""

    is_leader: bool
    path: str
    organisation_id: UUID
    reach: str
    is_open: bool


class Fact(NamedTuple):
    """Something about the tenant that bears on her: a hidden or a root department, or an agreement."""

    is_agreement: bool
    organisation_id: UUID
    path: str
    rght: int
    flag: bool
    """Of an agreement: it allows writing. Of a department: it is hidden."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a viewer's places amount to. Nobody's places (`is_placed` false) let her see everything that is not hidden.

    Departments are open to her that are in `whole` or `agreed` organisations, at or below a path of `branches`, or of
    a path in `places`; closed organisations are left out. `around` has the paths of all departments around her places,
    and `inside` those of them that are hidden. `has_walls`: there are hidden departments that she is not in.
    """

    user_id: UUID
    tenant_id: UUID
    is_guest: bool = False
    is_placed: bool = False
    whole: frozenset[UUID] = frozenset()
    branches: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    agreed: frozenset[UUID] = frozenset()
    agreed_to_write: frozenset[UUID] = frozenset()
    has_walls: bool = True
    sees_most: bool = True


def read_standing(viewer: User) -> Standing:
    """Return where the viewer stands. Two queries."""
    rows = list(
        User.objects.for_tenant(viewer.tenant_id)
        .filter(pk=viewer.pk)
        .values_list(
            "directory_settings__is_guest",
            "placements__is_leader",
            "placements__department__path",
            "placements__department__organisation_id",
            "placements__department__organisation__reach",
            "placements__department__organisation__is_active",
        )
    )
    places = [Place(*row[1:]) for row in rows if row[2] is not None]
    open_places = [place for place in places if place.is_open]
    facts = _facts(viewer.tenant_id, {place.organisation_id for place in open_places})
    surrounding = frozenset(path for place in open_places for path in around(place.path))
    hidden = frozenset(fact.path for fact in facts if fact.flag and not fact.is_agreement)
    whole = frozenset(place.organisation_id for place in open_places if place.reach == Reach.ORGANISATION)
    agreed = frozenset(fact.organisation_id for fact in facts if fact.is_agreement)
    return Standing(
        user_id=viewer.pk,
        tenant_id=viewer.tenant_id,
        is_guest=any(row[0] for row in rows),
        is_placed=bool(places),
        whole=whole,
        branches=frozenset(_branches(open_places)),
        places=frozenset(place.path for place in open_places),
        around=surrounding,
        inside=hidden & surrounding,
        agreed=agreed,
        agreed_to_write=frozenset(fact.organisation_id for fact in facts if fact.is_agreement and fact.flag),
        has_walls=bool(hidden - surrounding),
        sees_most=not places or _share(facts, whole | agreed) >= MOST,
    )


def around(path: str) -> list[str]:
    """Return the paths of a department and of those above it, the root first."""
    segments = path.split("/")
    return ["/".join(segments[:size]) for size in range(2, len(segments) + 1)]


def _branches(places: Iterable[Place]) -> list[str]:
    """What leaders lead; and where people see their branch, the first-level department (for the root: everything)."""
    led = [place.path for place in places if place.is_leader]
    return led + ["/".join(place.path.split("/")[:_FIRST_LEVEL]) for place in places if place.reach == Reach.BRANCH]


def _facts(tenant_id: UUID, organisation_ids: set[UUID]) -> list[Fact]:
    """The tenant's hidden and root departments, and what is agreed with these organisations of hers. One query."""
    departments = Department.objects.for_tenant(tenant_id).filter(Q(is_hidden=True) | Q(parent__isnull=True))
    told = departments.annotate(is_agreement=Value(False)).values_list(
        "is_agreement", "organisation_id", "path", "rght", "is_hidden"
    )
    in_force = Agreement.objects.for_tenant(tenant_id).filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
    given = in_force.filter(to_organisation_id__in=organisation_ids, may_see=True, from_organisation__is_active=True)
    agreed = given.annotate(is_agreement=Value(True), path=Value(""), rght=Value(0)).values_list(
        "is_agreement", "from_organisation_id", "path", "rght", "may_write"
    )
    return [Fact(*row) for row in (told.union(agreed, all=True) if organisation_ids else told)]


def _share(facts: Iterable[Fact], organisation_ids: frozenset[UUID]) -> float:
    """Of all departments, those in these organisations: the last number of a tree tells how many it has."""
    sizes = {fact.organisation_id: fact.rght for fact in facts if len(fact.path.split("/")) == _FIRST_LEVEL - 1}
    open_size = sum(size for organisation_id, size in sizes.items() if organisation_id in organisation_ids)
    return open_size / (sum(sizes.values()) or 1)
