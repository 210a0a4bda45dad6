"""REST: tenants, for those who run one and for those who run the installation."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.locators import TenantLocator
from apps.access.scopes import tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.common.clock import to_ms
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_body, read_query
from apps.common.rest.versions import read_version, versioned
from apps.common.text import NONBLANK_LINE_PATTERN
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import MAX_HOST_CHARS, Tenant
from apps.tenants.plans import LIMITS, MAX_LIMIT
from apps.tenants.preferences import MAX_NOTICE_CHARS, SignInPolicy, TerminalPolicy
from apps.tenants.selectors import get_tenant, hosts_of
from apps.tenants.services import (
    GRACE_DAYS,
    MAX_NAME_CHARS,
    TenantChange,
    activate_tenant,
    cancel_deletion,
    change_tenant,
    create_tenant,
    request_deletion,
    suspend_tenant,
)
from apps.tenants.services.making import MAX_HOSTS
from apps.tenants.services.standing import MAX_GRACE_DAYS
from apps.tenants.units import TENANT_CHANGE, TENANT_EXPORT, TENANT_MANAGE, TENANT_VIEW

_BY_ID: Final = TenantLocator("id")

TenantName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)]
Plan = Literal["small", "standard", "unlimited"]
Bound = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]
HostName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_HOST_CHARS, pattern=r"^[A-Za-z0-9.-]+$")]


class TenantItem(Output):
    """A tenant of the installation. `deletes_at` (unix ms) is when it is erased, if it waits for that."""

    id: UUID
    slug: str
    name: str
    status: str
    plan: str
    deletes_at: int | None
    version: int


class TenantPage(Output):
    """One page of tenants, oldest first."""

    items: list[TenantItem]
    next: str


class TenantDetail(Output):
    """A tenant with what it may use (null: as much as there is), its own settings and its host names."""

    id: UUID
    slug: str
    name: str
    status: str
    plan: str
    deletes_at: int | None
    version: int
    limits: dict[str, int | None]
    settings: dict[str, Any]
    hosts: list[str]


class TenantSearch(Input):
    """Which part of the list."""

    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class NewTenant(Input):
    """A tenant. The short name is the part behind @ in sign-in names and stays."""

    slug: Annotated[str, msgspec.Meta(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    name: TenantName
    plan: Plan = "unlimited"


class LimitsPatch(Input):
    """Limits of the tenant's own; null is the plan's, what is left out stays."""

    users_max: Bound | msgspec.UnsetType | None = msgspec.UNSET
    storage_max_bytes: Bound | msgspec.UnsetType | None = msgspec.UNSET
    group_members_max: Bound | msgspec.UnsetType | None = msgspec.UNSET
    messages_per_minute_max: Bound | msgspec.UnsetType | None = msgspec.UNSET
    retention_days: Bound | msgspec.UnsetType | None = msgspec.UNSET


class SettingsPatch(Input):
    """What the tenant sets for itself; what is left out stays."""

    locale: Literal["", "en", "zh-hans"] | msgspec.UnsetType = msgspec.UNSET
    notice: Annotated[str, msgspec.Meta(max_length=MAX_NOTICE_CHARS)] | msgspec.UnsetType = msgspec.UNSET
    sign_in: SignInPolicy | msgspec.UnsetType = msgspec.UNSET
    terminals: TerminalPolicy | msgspec.UnsetType = msgspec.UNSET


class TenantPatch(Input):
    """What to change; what is left out stays. Plan, limits and hosts are for those who run the installation."""

    name: TenantName | None = None
    settings: SettingsPatch | None = None
    plan: Plan | None = None
    limits: LimitsPatch | None = None
    hosts: Annotated[list[HostName], msgspec.Meta(max_length=MAX_HOSTS)] | None = None


class NewStatus(Input):
    """Whether its people may sign in; `deleting` keeps them out and erases everything once the grace period is over."""

    status: Literal["active", "suspended", "deleting"]
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=MAX_GRACE_DAYS)] = GRACE_DAYS


class _Position(msgspec.Struct, array_like=True):
    """Where a page ends."""

    id: UUID


class TenantsView(APIView):
    """The tenants that one may see."""

    units = (TENANT_VIEW, TENANT_CHANGE, TENANT_EXPORT, TENANT_MANAGE)

    @operation("tenants_list", summary="List tenants", query=TenantSearch, answers={200: TenantPage})
    def get(self, request: Request) -> Response:
        """Return one's own tenant if one runs it, every tenant if one runs the installation."""
        search = read_query(request, TenantSearch)
        powers = powers_of(_actor(request), now=timezone.now())
        rows = Tenant.objects.filter(_BY_ID.within(powers.scopes(TENANT_VIEW))).order_by("id")
        if position := read_cursor(search.cursor, _Position):
            rows = rows.filter(id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda tenant: _Position(tenant.id))
        return Response(TenantPage(items=[TenantItem(**_fields(tenant)) for tenant in page], next=following))

    @operation(
        "tenants_create",
        summary="Make a tenant",
        body=NewTenant,
        answers={201: TenantDetail},
        refusals=(403, 409),
        example={"slug": "acme.example", "name": "Acme", "plan": "standard"},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make an active tenant."""
        new = read_body(request, NewTenant)
        made = create_tenant(slug=new.slug, name=new.name, plan=new.plan, actor=_actor(request), now=timezone.now())
        return versioned(_detail(made), made.version, status=201)


class TenantDetailView(APIView):
    """One tenant."""

    units = (TENANT_VIEW, TENANT_CHANGE, TENANT_EXPORT, TENANT_MANAGE)

    @operation("tenants_read", summary="Read a tenant", answers={200: TenantDetail}, refusals=(404,))
    def get(self, request: Request, tenant: UUID) -> Response:
        """Return a tenant that one may see."""
        found = _visible(_actor(request), tenant)
        return versioned(_detail(found), found.version)

    @operation(
        "tenants_change",
        summary="Change a tenant",
        body=TenantPatch,
        answers={200: TenantDetail},
        refusals=(403, 404, 409),
        example={"name": "Acme Group", "settings": {"notice": "Ask the helpdesk for an account."}},
        headers=(VERSIONED,),
    )
    def patch(self, request: Request, tenant: UUID) -> Response:
        """Change a tenant's name and settings, or what it may use."""
        actor, patch = _actor(request), read_body(request, TenantPatch)
        change = TenantChange(
            name=patch.name,
            plan=patch.plan,
            limits=_given(patch.limits),
            settings=_given(patch.settings),
            hosts=patch.hosts,
        )
        changed = change_tenant(
            tenant_id=_visible(actor, tenant).id,
            change=change,
            version=read_version(request),
            actor=actor,
            now=timezone.now(),
        )
        return versioned(_detail(changed), changed.version)


class TenantStatusView(APIView):
    """Whether the people of one tenant may sign in."""

    units = (TENANT_VIEW, TENANT_CHANGE, TENANT_EXPORT, TENANT_MANAGE)

    @operation(
        "tenants_set_status",
        summary="Suspend, activate or delete a tenant",
        body=NewStatus,
        answers={200: TenantDetail},
        refusals=(403, 404, 409),
        example={"status": "deleting", "grace_days": 30},
    )
    def put(self, request: Request, tenant: UUID) -> Response:
        """Keep a tenant's people out, let them in again, or have it deleted. `active` takes a deletion back."""
        actor, wanted, now = _actor(request), read_body(request, NewStatus), timezone.now()
        found = _visible(actor, tenant)
        if wanted.status == "deleting":
            request_deletion(found, actor=actor, now=now, grace_days=wanted.grace_days)
        elif wanted.status == "suspended":
            suspend_tenant(found, actor=actor, now=now)
        elif found.status == Tenant.Status.DELETING:
            cancel_deletion(found, actor=actor, now=now)
        else:
            activate_tenant(found, actor=actor, now=now)
        return versioned(_detail(found), found.version)


def _actor(request: Request) -> Actor:
    user: object = request.user
    assert getattr(user, "tenant_id", None) is not None  # noqa: S101 - IsAuthenticated
    return user  # type: ignore[return-value]  # a user is an Actor, which this app knows by that form alone


def _visible(actor: Actor, tenant_id: UUID) -> Tenant:
    """Return the tenant where one may see it. Raises TenantNotFound, whatever others there are."""
    if not powers_of(actor, now=timezone.now()).may(TENANT_VIEW, tenant_scope(tenant_id)):
        raise TenantNotFound(slug=str(tenant_id))
    return get_tenant(tenant_id)


def _given(patch: LimitsPatch | SettingsPatch | None) -> dict[str, Any] | None:
    if patch is None:
        return None
    return {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not msgspec.UNSET}


def _fields(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "slug": tenant.slug,
        "name": tenant.name,
        "status": tenant.status,
        "plan": tenant.plan,
        "deletes_at": None if tenant.deletes_at is None else to_ms(tenant.deletes_at),
        "version": tenant.version,
    }


def _detail(tenant: Tenant) -> TenantDetail:
    return TenantDetail(
        **_fields(tenant),
        limits={name: getattr(tenant.limits, name) for name in LIMITS},
        settings=tenant.settings,
        hosts=hosts_of(tenant.id),
    )
