"""What the REST API of powers takes and gives. Scopes are paths: ``, `t:<hex>`, `t:…/o:<hex>`, `t:…/o:…/d:<hex>…`."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from rest_framework.request import Request

from apps.access.models import Grant, Role
from apps.access.roles import name_of_grant
from apps.access.scopes import MAX_DEPTH, MAX_PATH_CHARS
from apps.access.selectors import Actor
from apps.access.services.roles import MAX_KEY_CHARS, MAX_NAME_CHARS
from apps.common.clock import to_datetime, to_ms
from apps.common.rest.bulk import MAX_ITEMS, Mode
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit
from apps.common.rest.structs import Input, Output
from apps.common.text import LINE_PATTERN, NONBLANK_LINE_PATTERN

MAX_UNITS: Final = 500
MAX_TIME_MS: Final = 253_402_300_799_000
"""The end of the year 9999."""

_HEX = "[0-9a-f]{32}"
ScopePath = Annotated[
    str,
    msgspec.Meta(
        max_length=MAX_PATH_CHARS,
        pattern=rf"^(t:{_HEX}(/o:{_HEX}(/d:{_HEX}){{0,{MAX_DEPTH}}})?)?$",
        description="Path of a place; empty for the whole system.",
    ),
]
RoleKey = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
UnitCode = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[a-z_.]+$")]
Time = Annotated[int, msgspec.Meta(ge=0, le=MAX_TIME_MS, description="Unix time in ms.")]
RoleName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)]
Units = Annotated[list[UnitCode], msgspec.Meta(min_length=1, max_length=MAX_UNITS)]


class UnitView(Output):
    """One thing that may be allowed. `lowest`: the deepest level at which it means something."""

    code: str
    label: str
    group: str
    lowest: Literal["system", "tenant", "organisation", "department"]


class UnitList(Output):
    """Every unit of this installation, by code."""

    items: list[UnitView]


class Power(Output):
    """One unit, and the outermost places where one has it; `` is the whole system."""

    unit: str
    scopes: list[str]


class PowerList(Output):
    """What one may do, by unit."""

    items: list[Power]


class RoleView(Output):
    """A role. A built-in one has no `id` and no version, and its units grow with the installation."""

    key: str
    name: str
    units: list[str]
    is_builtin: bool
    id: UUID | None = None
    version: int = 0


class RoleList(Output):
    """The built-in roles, then those that the tenant made, by name."""

    items: list[RoleView]


class NewTenantRole(Input):
    """A role of one's tenant."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_KEY_CHARS, pattern=r"^[A-Za-z0-9_-]+$")]
    name: RoleName
    units: Units


class RoleChange(Input):
    """What to change; what is left out stays."""

    name: RoleName | msgspec.UnsetType = msgspec.UNSET
    units: Units | msgspec.UnsetType = msgspec.UNSET


class GrantView(Output):
    """Somebody has a role at a scope, until `expires_at` if that is not null."""

    id: UUID
    user: UUID
    role: str
    role_name: str
    scope: str
    expires_at: int | None
    granted_by: UUID | None
    created_at: int


class GrantPage(Output):
    """One page of grants, oldest first."""

    items: list[GrantView]
    next: str


class GrantSearch(Input):
    """Which grants: of one person, at a scope and below."""

    user: UUID | None = None
    scope: ScopePath = ""
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class NewGrant(Input):
    """A role for somebody, at a scope. `role` is a built-in role's key, or the key or id of one of the tenant."""

    user: UUID
    role: RoleKey
    scope: ScopePath
    expires_at: Time | None = None


class NewGrants(Input):
    """Many grants at once."""

    items: Annotated[list[NewGrant], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    mode: Mode = "all"


class EntryView(Output):
    """One change: who did what, where, through which door, and the values before and after."""

    number: int
    tenant: UUID
    at: int
    actor: UUID | None
    actor_login: str
    via: str
    address: str
    scope: str
    action: str
    kind: str
    target: str
    target_label: str
    before: dict[str, Any]
    after: dict[str, Any]


class EntryPage(Output):
    """One page of the audit log, newest first."""

    items: list[EntryView]
    next: str


class EntrySearch(Input):
    """Which entries: every condition given must hold."""

    scope: ScopePath = ""
    text: Annotated[
        str, msgspec.Meta(max_length=100, pattern=LINE_PATTERN, description="Part of a name or of a value.")
    ] = ""
    action: Annotated[
        str, msgspec.Meta(max_length=100, pattern=r"^[a-z_.]*$", description="An action or its beginning.")
    ] = ""
    actor: UUID | None = None
    target: Annotated[str, msgspec.Meta(max_length=100, pattern=LINE_PATTERN)] = ""
    since: Time | None = None
    until: Time | None = None
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class ById(msgspec.Struct, array_like=True):
    """Where a page ends that is ordered by id."""

    id: UUID


def actor_of(request: Request) -> Actor:
    """Return the user behind the request; views let nobody else through."""
    user: object = request.user
    assert getattr(user, "tenant_id", None) is not None  # noqa: S101 - IsAuthenticated
    return user  # type: ignore[return-value]  # a user is an Actor, which this app knows by that form alone


def moment(time_ms: int | None) -> datetime | None:
    """Return the moment of a time in ms."""
    return None if time_ms is None else to_datetime(time_ms)


def view_of_role(role: Role) -> RoleView:
    """Return a tenant's role as it travels."""
    return RoleView(
        key=role.key, name=role.name, units=list(role.units), is_builtin=False, id=role.id, version=role.version
    )


def view_of_grant(grant: Grant) -> GrantView:
    """Return a grant as it travels. Reads `custom`."""
    return GrantView(
        id=grant.id,
        user=grant.user_id,
        role=grant.custom.key if grant.custom is not None else grant.role,
        role_name=name_of_grant(grant),
        scope=grant.scope,
        expires_at=None if grant.expires_at is None else to_ms(grant.expires_at),
        granted_by=grant.granted_by,
        created_at=to_ms(grant.created_at),
    )
