"""REST: service accounts of a tenant, for its administrators."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.accounts.models import ServiceAccount
from apps.accounts.models.service_accounts import MAX_DESCRIPTION_CHARS, MAX_REQUESTS_PER_MINUTE
from apps.accounts.services.service_accounts import (
    Credentials,
    Terms,
    change_service_account,
    create_service_account,
    read_service_account,
    renew_service_secret,
    service_accounts_within,
    switch_service_account,
)
from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, MAX_USERNAME_CHARS
from apps.accounts.units import SERVICE_ACCOUNTS_CHANGE, SERVICE_ACCOUNTS_VIEW
from apps.common.rest.openapi import VERSIONED, operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_body, read_query
from apps.common.rest.versions import read_version, versioned

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_DISPLAY_NAME_CHARS)]
Description = Annotated[str, msgspec.Meta(max_length=MAX_DESCRIPTION_CHARS)]
Rate = Annotated[
    int, msgspec.Meta(ge=0, le=MAX_REQUESTS_PER_MINUTE, description="0: as many requests a minute as people.")
]


class ById(msgspec.Struct, array_like=True):
    """Where a page ends."""

    id: UUID


class ServiceAccountSearch(Input):
    """A page of service accounts."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = ""


class NewServiceAccount(Input):
    """A service account to make, in one's own tenant. Whoever makes it answers for it unless `owner` does."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USERNAME_CHARS)]
    display_name: Name
    description: Description = ""
    owner: UUID | None = None
    requests_per_minute: Rate = 0


class ServiceAccountPatch(Input):
    """What to change; what is left out stays."""

    display_name: Name | None = None
    description: Description | None = None
    owner: UUID | None = None
    requests_per_minute: Rate | None = None


class ServiceAccountStatus(Input):
    """Whether it may work."""

    is_active: bool


class ServiceAccountView(Output):
    """One service account. `id` is its user's: grants and messages name it by that."""

    id: UUID
    tenant: UUID
    username: str
    login: str
    display_name: str
    description: str
    owner: UUID | None
    requests_per_minute: int
    client_id: str
    is_active: bool
    version: int


class ServiceAccountPage(Output):
    """A page, and the cursor of the next one."""

    items: list[ServiceAccountView]
    next: str


class ServiceAccountSecret(Output):
    """What it signs in with. The secret is shown this once."""

    account: ServiceAccountView
    client_id: str
    client_secret: str


class ServiceAccountsView(APIView):
    """Service accounts that one administers."""

    units = (SERVICE_ACCOUNTS_VIEW, SERVICE_ACCOUNTS_CHANGE)

    @operation(
        "service_accounts_list",
        summary="List service accounts",
        query=ServiceAccountSearch,
        answers={200: ServiceAccountPage},
    )
    def get(self, request: Request) -> Response:
        """Return those that one may see."""
        search = read_query(request, ServiceAccountSearch)
        rows = service_accounts_within(powers_of(actor_of(request), now=timezone.now())).order_by("user_id")
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(user_id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda row: ById(row.user_id))
        return Response(ServiceAccountPage([_view(row) for row in page], following))

    @operation(
        "service_account_create",
        summary="Make a service account",
        body=NewServiceAccount,
        answers={201: ServiceAccountSecret},
        refusals=(403, 404, 409),
        example={"username": "build-bot", "display_name": "Build bot", "requests_per_minute": 120},
    )
    def post(self, request: Request) -> Response:
        """Make one without powers, and show its secret, once."""
        actor, wanted = actor_of(request), read_body(request, NewServiceAccount)
        terms = Terms(
            display_name=wanted.display_name,
            description=wanted.description,
            owner_id=wanted.owner,
            requests_per_minute=wanted.requests_per_minute,
        )
        made = create_service_account(
            actor, tenant=actor.tenant, username=wanted.username, terms=terms, now=timezone.now()
        )
        return _secret(made, status=201)


class OneServiceAccountView(APIView):
    """One service account."""

    units = (SERVICE_ACCOUNTS_VIEW, SERVICE_ACCOUNTS_CHANGE)

    @operation(
        "service_account_read",
        summary="Read a service account",
        answers={200: ServiceAccountView},
        refusals=(404,),
    )
    def get(self, request: Request, account: UUID) -> Response:
        """Return one that one may see."""
        found = read_service_account(powers_of(actor_of(request), now=timezone.now()), account)
        return versioned(_view(found), found.version)

    @operation(
        "service_account_change",
        summary="Change a service account",
        body=ServiceAccountPatch,
        answers={200: ServiceAccountView},
        refusals=(403, 404),
        headers=(VERSIONED,),
    )
    def patch(self, request: Request, account: UUID) -> Response:
        """Change what is said of it."""
        version, wanted = read_version(request), read_body(request, ServiceAccountPatch)
        terms = Terms(
            display_name=wanted.display_name,
            description=wanted.description,
            owner_id=wanted.owner,
            requests_per_minute=wanted.requests_per_minute,
        )
        changed = change_service_account(
            actor_of(request), user_id=account, terms=terms, version=version, now=timezone.now()
        )
        return versioned(_view(changed), changed.version)


class ServiceAccountsStatusView(APIView):
    """Whether a service account works."""

    units = (SERVICE_ACCOUNTS_CHANGE,)

    @operation(
        "service_account_status",
        summary="Stop a service account, or let it work again",
        body=ServiceAccountStatus,
        answers={200: ServiceAccountView},
        refusals=(403, 404, 409),
    )
    def put(self, request: Request, account: UUID) -> Response:
        """Stop it, with its tokens and sessions, or let it work again."""
        is_active = read_body(request, ServiceAccountStatus).is_active
        changed = switch_service_account(actor_of(request), user_id=account, is_active=is_active, now=timezone.now())
        return versioned(_view(changed), changed.version)


class ServiceAccountsSecretView(APIView):
    """What a service account signs in with."""

    units = (SERVICE_ACCOUNTS_CHANGE,)

    @operation(
        "service_account_renew_secret",
        summary="Give a service account another secret, and end its tokens and sessions",
        answers={200: ServiceAccountSecret},
        refusals=(403, 404),
    )
    def post(self, request: Request, account: UUID) -> Response:
        """Return the secret, once; the former one is worth nothing from now on."""
        return _secret(renew_service_secret(actor_of(request), user_id=account, now=timezone.now()), status=200)


def _secret(made: Credentials, *, status: int) -> Response:
    body = ServiceAccountSecret(_view(made.account), made.client_id, made.client_secret)
    return Response(body, status=status, headers={"Cache-Control": "no-store", "ETag": f'"{made.account.version}"'})


def _view(account: ServiceAccount) -> ServiceAccountView:
    user, application = account.user, account.application
    return ServiceAccountView(
        id=user.id,
        tenant=account.tenant_id,
        username=user.username,
        login=user.login,
        display_name=user.display_name,
        description=account.description,
        owner=account.owner_id,
        requests_per_minute=account.requests_per_minute or 0,
        client_id="" if application is None else application.client_id,
        is_active=user.is_active,
        version=account.version,
    )
