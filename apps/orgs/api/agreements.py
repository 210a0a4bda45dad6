"""REST: what organisations let each other's people see and do."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.common.clock import to_datetime, to_ms
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.structs import Input, Output, read_body
from apps.common.rest.versions import read_version, versioned
from apps.orgs.api.structs import Time
from apps.orgs.models import Agreement
from apps.orgs.selectors.administration import agreements_of
from apps.orgs.services.agreements import change_agreement, end_agreement, make_agreement
from apps.orgs.units import AGREEMENT_CHANGE, ORGANISATION_VIEW


class AgreementView(Output):
    """One organisation lets the people of another one see its own, or also write to them."""

    id: UUID
    giver: UUID
    taker: UUID
    may_see: bool
    may_write: bool
    expires_at: int | None
    version: int


class AgreementList(Output):
    """The agreements of an organisation, those it gave and those it got, oldest first."""

    items: list[AgreementView]


class NewAgreement(Input):
    """What the organisation lets the people of `taker` do."""

    taker: UUID
    may_see: bool = True
    may_write: bool = False
    expires_at: Time | None = None


class AgreementChange(Input):
    """What it allows from now on, as a whole."""

    may_see: bool
    may_write: bool
    expires_at: Time | None = None


class AgreementsView(APIView):
    """The agreements of one organisation."""

    units = (ORGANISATION_VIEW, AGREEMENT_CHANGE)

    @operation("agreements_list", summary="List agreements", answers={200: AgreementList}, refusals=(403, 404))
    def get(self, request: Request, organisation: UUID) -> Response:
        """Return what the organisation gave and got."""
        found = agreements_of(powers_of(actor_of(request), now=timezone.now()), organisation)
        return Response(AgreementList(items=[_view(agreement) for agreement in found]))

    @operation(
        "agreements_make",
        summary="Make an agreement",
        body=NewAgreement,
        answers={201: AgreementView},
        refusals=(403, 404, 409),
        example={"taker": "0198e2a0-0000-7000-8000-000000000001", "may_see": True, "may_write": True},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request, organisation: UUID) -> Response:
        """Let the people of another organisation of the tenant see those of this one, or also write to them."""
        actor, new = actor_of(request), read_body(request, NewAgreement)
        made = make_agreement(
            actor,
            from_id=organisation,
            to_id=new.taker,
            may_see=new.may_see,
            may_write=new.may_write,
            expires_at=_moment(new.expires_at),
            now=timezone.now(),
        )
        return versioned(_view(made), made.version, status=201)


class AgreementDetailView(APIView):
    """One agreement."""

    units = (AGREEMENT_CHANGE,)

    @operation(
        "agreements_change",
        summary="Change an agreement",
        body=AgreementChange,
        answers={200: AgreementView},
        refusals=(403, 404),
        example={"may_see": True, "may_write": False},
        headers=(VERSIONED,),
    )
    def put(self, request: Request, agreement: UUID) -> Response:
        """Change what an agreement allows and how long."""
        actor, change = actor_of(request), read_body(request, AgreementChange)
        changed = change_agreement(
            actor,
            agreement_id=agreement,
            version=read_version(request),
            may_see=change.may_see,
            may_write=change.may_write,
            expires_at=_moment(change.expires_at),
            now=timezone.now(),
        )
        return versioned(_view(changed), changed.version)

    @operation(
        "agreements_end",
        summary="End an agreement",
        answers={204: None},
        refusals=(403, 404),
        headers=(VERSIONED,),
    )
    def delete(self, request: Request, agreement: UUID) -> Response:
        """End an agreement at once."""
        actor = actor_of(request)
        end_agreement(actor, agreement_id=agreement, version=read_version(request), now=timezone.now())
        return Response(status=204)


def _moment(time_ms: int | None) -> datetime | None:
    return None if time_ms is None else to_datetime(time_ms)


def _view(agreement: Agreement) -> AgreementView:
    return AgreementView(
        id=agreement.id,
        giver=agreement.from_organisation_id,
        taker=agreement.to_organisation_id,
        may_see=agreement.may_see,
        may_write=agreement.may_write,
        expires_at=None if agreement.expires_at is None else to_ms(agreement.expires_at),
        version=agreement.version,
    )
