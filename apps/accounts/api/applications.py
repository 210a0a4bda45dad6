"""REST: the programs that people of a tenant may sign in to, and that work in their own name."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.accounts.models import Registration, User
from apps.accounts.models.clients import MAX_DESCRIPTION_CHARS, MAX_SCOPE_CHARS
from apps.accounts.services.program_terms import MAX_HOMEPAGE_CHARS, MAX_NAME_CHARS, Terms
from apps.accounts.services.redirects import MAX_ADDRESS_CHARS, MAX_ADDRESSES
from apps.accounts.services.registrations import (
    Registered,
    change_application,
    delete_application,
    find_service_account,
    get_registration,
    register_application,
    registrations_within,
    renew_secret,
    terms_of,
)
from apps.accounts.units import APPLICATIONS_CHANGE, APPLICATIONS_VIEW
from apps.common.rest.openapi import VERSIONED, operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_body, read_query
from apps.common.rest.versions import read_version, versioned
from apps.common.text import LINE_PATTERN, NONBLANK_LINE_PATTERN

MAX_SCOPES: Final = 200
"""Of one program; there are fewer."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)]
Description = Annotated[str, msgspec.Meta(max_length=MAX_DESCRIPTION_CHARS, pattern=LINE_PATTERN)]
Homepage = Annotated[str, msgspec.Meta(max_length=MAX_HOMEPAGE_CHARS, pattern=r"^(https?://[!-~]+)?$")]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ADDRESS_CHARS, pattern=r"^https?://[!-~]+$")]
Addresses = Annotated[list[Address], msgspec.Meta(max_length=MAX_ADDRESSES)]
Scope = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SCOPE_CHARS, pattern=r"^[a-z_.]+$")]
Scopes = Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=MAX_SCOPES)]
Kind = Literal["site", "app", "service", "own"]


class ApplicationView(Output):
    """A program. `secret` is there in the answer that made it, and never again."""

    id: UUID
    tenant: UUID
    client_id: str
    kind: Kind
    name: str
    description: str
    homepage: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    scopes: list[str]
    service_account: UUID | None
    version: int
    secret: str = ""


class ApplicationPage(Output):
    """Programs, those made first come first."""

    items: list[ApplicationView]
    next: str


class ApplicationSearch(Input):
    """Which page."""

    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class NewApplication(Input):
    """A program to make known. Sites and apps need addresses that people are led back to."""

    kind: Kind
    name: Name
    scopes: Scopes
    description: Description = ""
    homepage: Homepage = ""
    redirect_uris: Addresses = []
    post_logout_redirect_uris: Addresses = []
    service_account: UUID | None = None
    tenant: UUID | None = None


class ApplicationChange(Input):
    """What to change; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    scopes: Scopes | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    homepage: Homepage | msgspec.UnsetType = msgspec.UNSET
    redirect_uris: Addresses | msgspec.UnsetType = msgspec.UNSET
    post_logout_redirect_uris: Addresses | msgspec.UnsetType = msgspec.UNSET


class ById(msgspec.Struct, array_like=True):
    """Where a page ends."""

    id: UUID


class ApplicationsView(APIView):
    """The programs within what one administers."""

    units = (APPLICATIONS_VIEW, APPLICATIONS_CHANGE)

    @operation("applications_list", summary="List programs", query=ApplicationSearch, answers={200: ApplicationPage})
    def get(self, request: Request) -> Response:
        """Return the programs that one may see; the two that come with imsite are not among them."""
        search = read_query(request, ApplicationSearch)
        rows = registrations_within(powers_of(actor_of(request), now=timezone.now())).order_by("id")
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda row: ById(row.id))
        return Response(ApplicationPage(items=[_view(Registered(row)) for row in page], next=following))

    @operation(
        "applications_create",
        summary="Make a program known",
        body=NewApplication,
        answers={201: ApplicationView},
        refusals=(403, 404, 409),
        example={
            "kind": "site",
            "name": "Rota",
            "scopes": ["openid", "profile", "orgs.people.view"],
            "redirect_uris": ["https://rota.example/callback"],
        },
    )
    def post(self, request: Request) -> Response:
        """Make a program known. Its secret is in the answer, this once: so the request can't be repeated by a key."""
        actor, new = actor_of(request), read_body(request, NewApplication)
        tenant_id = new.tenant or actor.tenant_id
        made = register_application(
            actor,
            tenant_id=tenant_id,
            kind=new.kind,
            terms=Terms(
                name=new.name,
                scopes=tuple(new.scopes),
                description=new.description,
                homepage=new.homepage,
                redirect_uris=tuple(new.redirect_uris),
                post_logout_redirect_uris=tuple(new.post_logout_redirect_uris),
            ),
            service_account=_account(tenant_id, new.service_account),
            now=timezone.now(),
        )
        return _told(made, status=201)


class ApplicationDetailView(APIView):
    """One program."""

    units = (APPLICATIONS_VIEW, APPLICATIONS_CHANGE)

    @operation("applications_read", summary="Read a program", answers={200: ApplicationView}, refusals=(404,))
    def get(self, request: Request, application: UUID) -> Response:
        """Return one program that one may see."""
        found = get_registration(powers_of(actor_of(request), now=timezone.now()), application)
        return versioned(_view(Registered(found)), found.version)

    @operation(
        "applications_change",
        summary="Change a program",
        body=ApplicationChange,
        answers={200: ApplicationView},
        refusals=(403, 404),
        example={"redirect_uris": ["https://rota.example/callback", "https://rota.example/second"]},
        headers=(VERSIONED,),
    )
    def patch(self, request: Request, application: UUID) -> Response:
        """Change what is said about a program; tokens that it holds keep the scopes that they have."""
        change = read_body(request, ApplicationChange)
        changed = change_application(
            actor_of(request),
            registration_id=application,
            version=read_version(request),
            terms=lambda terms: replace(terms, **_given(change)),
            now=timezone.now(),
        )
        return versioned(_view(Registered(changed)), changed.version)

    @operation("applications_delete", summary="Delete a program", answers={204: None}, refusals=(403, 404))
    def delete(self, request: Request, application: UUID) -> Response:
        """Delete a program, with every token that it holds."""
        delete_application(actor_of(request), registration_id=application, now=timezone.now())
        return Response(status=204)


class ApplicationSecretView(APIView):
    """The secret of one program."""

    units = (APPLICATIONS_CHANGE,)

    @operation(
        "applications_renew_secret",
        summary="Give a program another secret",
        answers={200: ApplicationView},
        refusals=(403, 404),
    )
    def post(self, request: Request, application: UUID) -> Response:
        """Make a new secret, told this once; the former one is worth nothing from now on."""
        return _told(renew_secret(actor_of(request), registration_id=application, now=timezone.now()))


def _account(tenant_id: UUID, account_id: UUID | None) -> User | None:
    return None if account_id is None else find_service_account(tenant_id, account_id)


def _given(change: ApplicationChange) -> dict[str, Any]:
    given = {name: getattr(change, name) for name in change.__struct_fields__}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not msgspec.UNSET
    }


def _told(made: Registered, *, status: int = 200) -> Response:
    response = versioned(_view(made), made.registration.version, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _view(registered: Registered) -> ApplicationView:
    row: Registration = registered.registration
    terms, account = terms_of(row), row.application.user
    return ApplicationView(
        id=row.id,
        tenant=row.tenant_id,
        client_id=row.application.client_id,
        kind=row.kind,  # type: ignore[arg-type]  # a column with these choices
        name=terms.name,
        description=terms.description,
        homepage=terms.homepage,
        redirect_uris=list(terms.redirect_uris),
        post_logout_redirect_uris=list(terms.post_logout_redirect_uris),
        scopes=list(terms.scopes),
        service_account=None if account is None else account.pk,
        version=row.version,
        secret=registered.secret,
    )
