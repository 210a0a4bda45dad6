"""What is there before a file: the tree and the people it names, in the words of the planners."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.access.policies import Powers
from apps.access.scopes import Scope, tenant_scope
from apps.access.units import Unit
from apps.accounts.models import User
from apps.orgs.exchange.people import KnownPerson, KnownPlace
from apps.orgs.exchange.trees import Node, Tree
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.units import DEPARTMENT_CHANGE, DEPARTMENT_VIEW, EXCHANGE_IMPORT, PEOPLE_CHANGE
from apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The departments of one organisation: as a tree, and where each lies for whoever administers it."""

    tree: Tree
    scopes: Mapping[UUID, Scope]
    versions: Mapping[UUID, int]
    names: Mapping[UUID, str]

    def allows(self, powers: Powers, *units: Unit) -> "Allowed":
        """Return the question whether all these units are held at a department."""
        return Allowed(self.scopes, powers, units)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whether something may be done at a department; callable, as the planners ask."""

    scopes: Mapping[UUID, Scope]
    powers: Powers
    units: tuple[Unit, ...]

    def __call__(self, department_id: UUID) -> bool:
        """Tell whether it is allowed there."""
        scope = self.scopes[department_id]
        return all(self.powers.may(unit, scope) for unit in self.units)


STRUCTURE = (EXCHANGE_IMPORT, DEPARTMENT_CHANGE)
STAFF = (EXCHANGE_IMPORT, PEOPLE_CHANGE)


def read_tree(organisation: Organisation, powers: Powers, *, seen_by: Unit) -> Snapshot:
    """Return the organisation's departments; seen are those where one has a unit, or sees departments. One query."""
    rows = Department.objects.for_tenant(organisation.tenant_id).filter(organisation_id=organisation.pk)
    found = list(rows.values_list("id", "parent_id", "name", "code", "is_hidden", "path", "version"))
    scopes = {row[0]: Scope(row[5]) for row in found}
    seen = (seen_by, DEPARTMENT_VIEW)
    unseen = {key for key, scope in scopes.items() if not any(powers.may(unit, scope) for unit in seen)}
    nodes = (Node(key, parent, name, code, hidden) for key, parent, name, code, hidden, _path, _version in found)
    return Snapshot(
        tree=Tree(nodes, unseen=unseen),
        scopes=scopes,
        versions={row[0]: row[6] for row in found},
        names={row[0]: row[2] for row in found},
    )


def read_people(tenant_id: UUID, usernames: Collection[str], powers: Powers) -> dict[str, KnownPerson]:
    """Return those of these people who are there, with all of their places. Two queries."""
    users = list(User.objects.for_tenant(tenant_id).filter(username__in=set(usernames)))
    places: defaultdict[UUID, list[Placement]] = defaultdict(list)
    rows = Placement.objects.for_tenant(tenant_id).filter(user_id__in=[user.id for user in users])
    for place in rows.select_related("department"):
        places[place.user_id].append(place)
    return {user.username: _known(user, places[user.id], powers) for user in users}


def free_accounts(tenant_id: UUID) -> int | None:
    """Return how many people may still be made, None where there is no bound. At most two queries."""
    limit = Tenant.objects.get(pk=tenant_id).limits.users_max
    if limit is None:
        return None
    return limit - User.objects.for_tenant(tenant_id).filter(is_active=True).count()


def _known(user: User, places: list[Placement], powers: Powers) -> KnownPerson:
    scopes = [place.department.scope for place in places] or [tenant_scope(user.tenant_id)]
    return KnownPerson(
        id=user.id,
        version=user.version,
        name=user.display_name,
        email=user.email,
        is_active=user.is_active,
        may_reach=any(powers.may(PEOPLE_CHANGE, scope) for scope in scopes),
        may_change=all(powers.may(PEOPLE_CHANGE, scope) for scope in scopes),
        has_primary=any(place.is_primary for place in places),
        places={place.department_id: _place(place) for place in places},
    )


def _place(place: Placement) -> KnownPlace:
    return KnownPlace(place.id, place.version, place.title, place.is_primary, place.is_leader, place.sort)
