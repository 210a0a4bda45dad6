"""People of a SCIM client: only those that it made, as users of the tenant, never anybody else.

Its `userName` may be an address; the part before the `@` is the user name here. Nobody is ever deleted: whoever the
client deletes is deactivated, and is the same person again when it makes somebody of that name.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet
from scim2_models import (
    Context,
    InvalidValueException,
    Meta,
    NotFoundException,
    ScimFilter,
    SearchRequest,
    TooManyException,
    UniquenessException,
)

from apps.accounts.errors import UsernameTaken
from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, MAX_EMAIL_CHARS
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.common.text import normalized_identifier
from apps.identity.models import Connection, ScimUser
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.identity.scim.resources import MAX_RESULTS, POLICY, Person, kept, read_person
from apps.identity.services.acting import program_of
from apps.orgs.services import (
    NewPerson,
    PersonChange,
    activate_person,
    change_person,
    create_person,
    deactivate_person,
)

T = TypeVar("T")

MAX_FILTERED: Final = 5_000
"""People that a filter is tried on which no index answers; with more of them it is refused (`tooMany`)."""
_INDEXED: Final = {"username": "user_name", "externalid": "external_id", "id": "user_id"}
_SCHEMAS: Final = ["urn:ietf:params:scim:schemas:core:2.0:User"]


def find_people(connection: Connection, search: SearchRequest[Any]) -> tuple[int, list[Any]]:
    """Return how many people a search finds, and those of the page asked for. Raises SCIMException."""
    start, count = _page(search)
    if search.filter:
        found = list(_matching(connection, str(search.filter)))
        return len(found), found[start : start + count]
    rows = _rows(connection).order_by("created_at", "id")
    return rows.count(), [as_resource(row) for row in rows[start : start + count]]


def get_person(connection: Connection, key: str) -> ScimUser:
    """Return a person by her id. Raises NotFoundException."""
    try:
        row = _rows(connection).filter(user_id=UUID(key)).first()
    except ValueError:
        row = None
    if row is None:
        raise NotFoundException(detail=f"there is no user {key[:40]} of this connection")
    return row


def make_person(connection: Connection, resource: Any, *, now: datetime) -> ScimUser:
    """Make a person, or let in again whom the client has deleted. Raises SCIMException."""
    name = _user_name(resource)
    rows = ScimUser.objects.for_tenant(connection.tenant_id).select_related("user").filter(connection=connection)
    known = rows.filter(user_name=name).first()
    if known is not None and known.deleted_at is None:
        raise UniquenessException(detail="userName is taken")

    def make() -> ScimUser:
        if known is not None:
            return _stored(connection, known, resource, now=now)
        new = NewPerson(
            username=name.partition("@")[0], password=None, display_name=_display(resource), email=_email(resource)
        )
        user = create_person(
            program_of(connection),
            person=new,
            department_id=connection.department_id,
            tenant_id=connection.tenant_id,
            now=now,
        )
        row = ScimUser(tenant_id=connection.tenant_id, connection=connection, user=user, user_name=name)
        return _stored(connection, row, resource, now=now)

    return _saying(make)


def store_person(connection: Connection, row: ScimUser, resource: Any, *, now: datetime) -> ScimUser:
    """Let a person be as the resource says. Raises SCIMException."""
    return _saying(lambda: _stored(connection, row, resource, now=now))


def delete_person(connection: Connection, row: ScimUser, *, now: datetime) -> None:
    """Deactivate a person whom the client no longer has, and forget what it told of her. Raises SCIMException."""

    def delete() -> None:
        if row.user.is_active:
            deactivate_person(program_of(connection), user_id=row.user_id, now=now)
        row.resource, row.external_id, row.deleted_at = {}, "", now
        row.save()

    _saying(delete)


def as_resource(row: ScimUser) -> Any:
    """Return a person as the client knows her. No query: her user is loaded."""
    values = {
        **row.resource,
        "schemas": _SCHEMAS,
        "userName": row.resource.get("_userName", row.user_name),
        "active": row.user.is_active,
    }
    values.pop("_userName", None)
    if "displayName" in values:
        values["displayName"] = row.user.display_name
    if row.external_id:
        values["externalId"] = row.external_id
    person = read_person(values, Context.DEFAULT)
    person.id = str(row.user_id)
    person.meta = Meta(resource_type="User", created=row.created_at, last_modified=row.updated_at)
    return person


def _stored(connection: Connection, row: ScimUser, resource: Any, *, now: datetime) -> ScimUser:
    actor, user = program_of(connection), row.user
    name, display, email = _user_name(resource), _display(resource), _email(resource)
    if (display, email) != (user.display_name, user.email):
        change = PersonChange(display_name=display, email=email)
        row.user = user = change_person(actor, user_id=user.pk, version=user.version, change=change, now=now)
    is_active = resource.active is not False
    if is_active != user.is_active:
        (activate_person if is_active else deactivate_person)(actor, user_id=user.pk, now=now)
        user.is_active = is_active
    row.user_name, row.deleted_at = name, None
    row.external_id = str(resource.external_id or "")
    if len(row.external_id) > MAX_EXTERNAL_ID_CHARS:
        raise InvalidValueException(detail="externalId is too long")
    row.resource = {**kept(resource), "_userName": resource.user_name}
    row.save()
    return row


def _saying(work: Callable[[], T]) -> T:
    """Do it in a transaction; what is refused is said as SCIM says it."""
    try:
        return run_in_transaction(work)
    except (UsernameTaken, IntegrityError) as error:
        raise UniquenessException(detail="userName or externalId is taken") from error
    except ImError as error:
        raise InvalidValueException(detail=error.text) from error


def _rows(connection: Connection) -> QuerySet[ScimUser]:
    rows = ScimUser.objects.for_tenant(connection.tenant_id).select_related("user")
    return rows.filter(connection=connection, deleted_at__isnull=True)


def _matching(connection: Connection, text: str) -> Iterator[Any]:
    """The people whom a filter lets through: those that an index narrows down to, each then compared."""
    wanted = ScimFilter[Person](text)
    rows = _narrowed(_rows(connection), wanted.ast).order_by("created_at", "id")
    if rows[MAX_FILTERED : MAX_FILTERED + 1].exists():
        raise TooManyException(
            detail=f"the filter is tried on at most {MAX_FILTERED} users; name userName or externalId"
        )
    with POLICY:
        for row in rows:
            person = as_resource(row)
            if wanted.match(person):
                yield person


def _narrowed(rows: QuerySet[ScimUser], node: Any) -> QuerySet[ScimUser]:
    """Only those rows that a comparison with an indexed column leaves, where the filter is or requires one."""
    for term in getattr(node, "terms", [node]) if str(getattr(node, "op", "")) != "or" else []:
        column = _INDEXED.get(str(getattr(getattr(term, "attr_path", None), "attr", "")).lower())
        if column is None or str(getattr(term, "op", "")) != "eq" or not isinstance(term.value, str):
            continue
        value = normalized_identifier(term.value) if column == "user_name" else term.value
        if column == "user_id" and not _is_uuid(value):
            return rows.none()
        rows = rows.filter(**{column: value})
    return rows


def _page(search: SearchRequest[Any]) -> tuple[int, int]:
    start = max(0, (search.start_index or 1) - 1)
    return start, MAX_RESULTS if search.count is None else min(search.count, MAX_RESULTS)


def _user_name(resource: Any) -> str:
    name = normalized_identifier(resource.user_name or "")
    if not name or len(name) > MAX_EMAIL_CHARS:
        raise InvalidValueException(detail="userName is empty or too long")
    return name


def _display(resource: Any) -> str:
    """The name to show: her own, or made of its parts; family name first where they are Chinese."""
    name = resource.name
    given, family = (getattr(name, "given_name", None) or "", getattr(name, "family_name", None) or "")
    is_latin = (given + family).isascii()
    parts = f"{given} {family}".strip() if is_latin else f"{family}{given}"
    found = resource.display_name or getattr(name, "formatted", None) or parts or resource.user_name
    return str(found).strip()[:MAX_DISPLAY_NAME_CHARS]


def _email(resource: Any) -> str:
    emails = [each for each in resource.emails or [] if each.value]
    primary = next((each for each in emails if each.primary), emails[0] if emails else None)
    return "" if primary is None else str(primary.value)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
