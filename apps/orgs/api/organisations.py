"""REST: organisations, for their administrators."""

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import read_body, read_query
from apps.common.rest.versions import read_version, versioned
from apps.common.rest.whole import all_or_nothing
from apps.orgs.api.structs import (
    ById,
    NewOrganisation,
    OrganisationPage,
    OrganisationPatch,
    OrganisationSearch,
    OrganisationView,
    Status,
    given,
)
from apps.orgs.models import Organisation
from apps.orgs.selectors.administration import organisations_within, read_organisation
from apps.orgs.services import (
    OrganisationChange,
    change_organisation,
    close_organisation,
    create_organisation,
    reopen_organisation,
)
from apps.orgs.units import ORGANISATION_CHANGE, ORGANISATION_VIEW


class OrganisationsView(APIView):
    """The organisations that one administers."""

    units = (ORGANISATION_VIEW, ORGANISATION_CHANGE)

    @operation(
        "organisations_list", summary="List organisations", query=OrganisationSearch, answers={200: OrganisationPage}
    )
    def get(self, request: Request) -> Response:
        """Return the organisations that one may see as an administrator, closed ones too."""
        search = read_query(request, OrganisationSearch)
        rows = organisations_within(powers_of(actor_of(request), now=timezone.now())).order_by("id")
        if search.tenant is not None:
            rows = rows.filter(tenant_id=search.tenant)
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda row: ById(row.id))
        return Response(OrganisationPage(items=[_view(row) for row in page], next=following))

    @operation(
        "organisations_create",
        summary="Make an organisation",
        body=NewOrganisation,
        answers={201: OrganisationView},
        refusals=(403, 409),
        example={"name": "Acme Logistics", "code": "LOG"},
        headers=(KEYED,),
    )
    @idempotent
    @all_or_nothing
    def post(self, request: Request) -> Response:
        """Make an organisation with its root department."""
        actor, new, now = actor_of(request), read_body(request, NewOrganisation), timezone.now()
        made = create_organisation(actor, name=new.name, code=new.code, sort=new.sort, tenant_id=new.tenant, now=now)
        found = read_organisation(powers_of(actor, now=now), made.id)
        return versioned(_view(found), found.version, status=201)


class OrganisationDetailView(APIView):
    """One organisation."""

    units = (ORGANISATION_VIEW, ORGANISATION_CHANGE)

    @operation(
        "organisations_read", summary="Read an organisation", answers={200: OrganisationView}, refusals=(403, 404)
    )
    def get(self, request: Request, organisation: UUID) -> Response:
        """Return one organisation that one administers."""
        return _answer(request, organisation)

    @operation(
        "organisations_change",
        summary="Change an organisation",
        body=OrganisationPatch,
        answers={200: OrganisationView},
        refusals=(403, 404, 409),
        example={"reach": "branch"},
        headers=(VERSIONED,),
    )
    @all_or_nothing
    def patch(self, request: Request, organisation: UUID) -> Response:
        """Change its names, its place among others, or whom its people see inside."""
        actor, patch = actor_of(request), read_body(request, OrganisationPatch)
        change_organisation(
            actor,
            organisation_id=organisation,
            version=read_version(request),
            change=OrganisationChange(**given(patch)),
            now=timezone.now(),
        )
        return _answer(request, organisation)


class OrganisationStatusView(APIView):
    """Whether one organisation is open."""

    units = (ORGANISATION_VIEW, ORGANISATION_CHANGE)

    @operation(
        "organisations_set_status",
        summary="Close or reopen an organisation",
        body=Status,
        answers={200: OrganisationView},
        refusals=(403, 404, 409),
        example={"is_active": False},
        headers=(VERSIONED,),
    )
    @all_or_nothing
    def put(self, request: Request, organisation: UUID) -> Response:
        """Close an organisation without people, or open a closed one again."""
        actor, status = actor_of(request), read_body(request, Status)
        act = reopen_organisation if status.is_active else close_organisation
        act(actor, organisation_id=organisation, version=read_version(request), now=timezone.now())
        return _answer(request, organisation)


def _answer(request: Request, organisation_id: UUID) -> Response:
    found = read_organisation(powers_of(actor_of(request), now=timezone.now()), organisation_id)
    return versioned(_view(found), found.version)


def _view(row: Organisation) -> OrganisationView:
    """The organisation as it travels. Reads what `administration` adds."""
    return OrganisationView(
        id=row.id,
        tenant=row.tenant_id,
        name=row.name,
        code=row.code,
        sort=row.sort,
        is_active=row.is_active,
        reach=row.reach,
        root=row.root_id,  # type: ignore[attr-defined]  # annotated
        version=row.version,
    )
