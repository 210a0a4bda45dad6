"""The page of agreements: which organisation lets which other one see its people, or also write to them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from apps.access.admin import ServedAdmin
from apps.accounts.admin import acting
from apps.orgs.models import Agreement
from apps.orgs.services.agreements import change_agreement, end_agreement, make_agreement
from apps.orgs.units import AGREEMENT_CHANGE, ORGANISATION_VIEW

TERMS = ("may_see", "may_write", "expires_at")


@admin.register(Agreement)
class AgreementAdmin(ServedAdmin[Agreement]):
    """An agreement belongs to the organisation that allows; what the other one allows in return is its own."""

    view_unit = ORGANISATION_VIEW
    add_unit = AGREEMENT_CHANGE
    change_unit = AGREEMENT_CHANGE
    delete_unit = AGREEMENT_CHANGE
    list_display = ("from_organisation", "to_organisation", *TERMS)
    list_select_related = ("from_organisation", "to_organisation")
    list_filter = ("may_see", "may_write")
    search_fields = ("from_organisation__name", "to_organisation__name")
    ordering = ("from_organisation__name", "to_organisation__name", "id")
    autocomplete_fields = ("from_organisation", "to_organisation")

    def get_fields(self, request: HttpRequest, obj: Agreement | None = None) -> tuple[str, ...]:
        """Between whom is said once."""
        between = ("from_organisation", "to_organisation")
        return (*between, *TERMS) if obj is None else (*between, *TERMS, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Agreement | None = None) -> tuple[str, ...]:
        """An agreement between others is another agreement."""
        return () if obj is None else ("from_organisation", "to_organisation")

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Agreement:
        """Make it, or change its terms."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        terms = {name: data[name] for name in TERMS}
        if change:
            return change_agreement(
                actor, agreement_id=form.instance.pk, version=data["version"] or 0, now=now, **terms
            )
        return make_agreement(
            actor, from_id=data["from_organisation"].pk, to_id=data["to_organisation"].pk, now=now, **terms
        )

    def delete_model(self, request: HttpRequest, obj: Agreement) -> None:
        """End it at once."""
        end_agreement(acting(request), agreement_id=obj.pk, version=obj.version, now=timezone.now())
