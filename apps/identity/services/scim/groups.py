"""Groups of a SCIM client: departments directly below the connection's, with its people in them.

Places that somebody else gave, and departments that it did not make, are none of its business.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet
from scim2_models import (
    ConflictException,
    GroupMember,
    InvalidValueException,
    Meta,
    NotFoundException,
    ScimFilter,
    SearchRequest,
    UniquenessException,
)
from scim2_models import Group as GroupResource

from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.identity.models import Connection, DepartmentLink, ScimUser
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.identity.scim.resources import MAX_RESULTS, POLICY
from apps.identity.services.acting import program_of
from apps.orgs.errors import NameTaken
from apps.orgs.models import Department, Placement
from apps.orgs.services import (
    change_department,
    create_department,
    delete_department,
    place_person,
    remove_placement,
)

T = TypeVar("T")

MAX_GROUPS: Final = 2_000
"""Of one connection: as many departments as can be directly below one."""
_OWN_ID: Final = "scim:"
"""Begins the link of a group to which the client gives no id of its own."""


def find_groups(connection: Connection, search: SearchRequest[Any]) -> tuple[int, list[Any]]:
    """Return how many groups a search finds, and those of the page asked for. Raises SCIMException."""
    links = list(_links(connection).order_by("created_at", "id")[:MAX_GROUPS])
    found = as_resources(connection, links)
    if search.filter:
        wanted = ScimFilter[GroupResource](str(search.filter))
        with POLICY:
            found = [each for each in found if wanted.match(each)]
    start = max(0, (search.start_index or 1) - 1)
    count = MAX_RESULTS if search.count is None else min(search.count, MAX_RESULTS)
    return len(found), found[start : start + count]


def get_group(connection: Connection, key: str) -> DepartmentLink:
    """Return a group by its id. Raises NotFoundException."""
    try:
        link = _links(connection).filter(department_id=UUID(key)).first()
    except ValueError:
        link = None
    if link is None:
        raise NotFoundException(detail=f"there is no group {key[:40]} of this connection")
    return link


def make_group(connection: Connection, resource: Any, *, now: datetime) -> DepartmentLink:
    """Make a department with these people in it. Raises SCIMException."""
    if connection.department_id is None:
        raise ConflictException(detail="no department is chosen to make groups in")
    parent_id = connection.department_id

    def make() -> DepartmentLink:
        made = create_department(program_of(connection), parent_id=parent_id, name=resource.display_name or "", now=now)
        link = DepartmentLink(
            tenant_id=connection.tenant_id,
            connection=connection,
            department=made,
            external_id=_external_id(resource, made.pk),
        )
        link.save(force_insert=True)
        _set_members(connection, made.pk, _members(resource), now=now)
        return link

    return _saying(make)


def store_group(connection: Connection, link: DepartmentLink, resource: Any, *, now: datetime) -> DepartmentLink:
    """Let a group have this name and these people. Raises SCIMException."""

    def store() -> DepartmentLink:
        department = Department.objects.for_tenant(connection.tenant_id).get(pk=link.department_id)
        if resource.display_name and resource.display_name != department.name:
            change_department(
                program_of(connection),
                department_id=department.pk,
                version=department.version,
                name=resource.display_name,
                now=now,
            )
        link.external_id = _external_id(resource, department.pk)
        link.save(update_fields=["external_id"])
        _set_members(connection, department.pk, _members(resource), now=now)
        return get_group(connection, str(link.department_id))

    return _saying(store)


def delete_group(connection: Connection, link: DepartmentLink, *, now: datetime) -> None:
    """Take its people out and delete the department. One with others in it stays (409). Raises SCIMException."""

    def delete() -> None:
        _set_members(connection, link.department_id, frozenset(), now=now)
        department = Department.objects.for_tenant(connection.tenant_id).get(pk=link.department_id)
        delete_department(program_of(connection), department_id=department.pk, version=department.version, now=now)

    try:
        run_in_transaction(delete)
    except ImError as error:
        raise ConflictException(detail=error.text) from error


def as_resources(connection: Connection, links: Iterable[DepartmentLink]) -> list[Any]:
    """Return groups as the client knows them. One query; their departments are loaded."""
    links = list(links)
    members: defaultdict[UUID, list[GroupMember]] = defaultdict(list)
    for place in _places(connection, [link.department_id for link in links]).order_by("created_at", "id"):
        members[place.department_id].append(_member(connection, place))
    return [_as_resource(link, members[link.department_id]) for link in links]


def _member(connection: Connection, place: Placement) -> GroupMember:
    return GroupMember.model_validate(
        {
            "value": str(place.user_id),
            "$ref": f"/scim/{connection.pk}/v2/Users/{place.user_id}",
            "type": "User",
            "display": place.user.display_name,
        }
    )


def _as_resource(link: DepartmentLink, members: list[GroupMember]) -> Any:
    group = GroupResource(display_name=link.department.name, members=members or None)
    group.id = str(link.department_id)
    if not link.external_id.startswith(_OWN_ID):
        group.external_id = link.external_id
    group.meta = Meta(resource_type="Group", created=link.created_at)
    return group


def _set_members(connection: Connection, department: UUID, wanted: Collection[UUID], *, now: datetime) -> None:
    """Place and remove people, only those of the connection."""
    actor = program_of(connection)
    own = ScimUser.objects.for_tenant(connection.tenant_id).filter(connection=connection, deleted_at__isnull=True)
    known = set(own.filter(user_id__in=list(wanted)).values_list("user_id", flat=True))
    if len(known) != len(set(wanted)):
        raise InvalidValueException(detail="members: somebody is not a user of this connection")
    there = {place.user_id: place for place in _places(connection, [department])}
    for user_id in sorted(known - there.keys()):
        place_person(actor, user_id=user_id, department_id=department, now=now)
    for user_id in sorted(there.keys() - known):
        place = there[user_id]
        remove_placement(actor, placement_id=place.pk, version=place.version, now=now)


def _places(connection: Connection, departments: list[UUID]) -> QuerySet[Placement]:
    rows = Placement.objects.for_tenant(connection.tenant_id).select_related("user")
    own = ScimUser.objects.for_tenant(connection.tenant_id).filter(connection=connection)
    return rows.filter(department_id__in=departments, user_id__in=own.values("user_id"))


def _members(resource: Any) -> frozenset[UUID]:
    try:
        return frozenset(UUID(str(each.value)) for each in resource.members or [])
    except ValueError as error:
        raise InvalidValueException(detail="members: value is the id of a user") from error


def _external_id(resource: Any, department: UUID) -> str:
    given = str(resource.external_id or "")
    if len(given) > MAX_EXTERNAL_ID_CHARS:
        raise InvalidValueException(detail="externalId is too long")
    return given or f"{_OWN_ID}{department}"


def _links(connection: Connection) -> QuerySet[DepartmentLink]:
    rows = DepartmentLink.objects.for_tenant(connection.tenant_id).select_related("department")
    return rows.filter(connection=connection)


def _saying(work: Callable[[], T]) -> T:
    """Do it in a transaction; what is refused is said as SCIM says it."""
    try:
        return run_in_transaction(work)
    except (NameTaken, IntegrityError) as error:
        raise UniquenessException(detail="displayName or externalId is taken") from error
    except ImError as error:
        raise InvalidValueException(detail=error.text) from error
