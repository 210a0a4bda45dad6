"""The first page's figures of people, of the structure they are in, and of what they are signed in with."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from oauth2_provider.models import get_access_token_model

from apps.access.admin import has_unit, powers_at, within
from apps.access.scopes import Level
from apps.accounts.models import Terminal, User
from apps.accounts.units import TERMINALS_VIEW, TOKENS_VIEW
from apps.orgs.models import Department, Organisation
from apps.orgs.units import DEPARTMENT_VIEW, ORGANISATION_VIEW, PEOPLE_VIEW
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_MANAGE
from imsite.overview.cards import Figure, Question, figure, formatted, list_page

NEW_FOR: Final = timedelta(days=7)
"""For so long somebody counts as new."""

PEOPLE: Final = "accounts_user"


def people_figures(request: HttpRequest, *, now: datetime) -> list[Figure]:
    """Return how many people there are: active, deactivated, new. One query that reads them once."""
    if not has_unit(request, PEOPLE_VIEW):
        return []
    since = now - NEW_FOR
    rows = within(request, User.unscoped.filter(kind=User.Kind.PERSON), PEOPLE_VIEW)
    is_active = Q(is_active=True)
    counts = rows.aggregate(
        active=Count("pk", filter=is_active),
        inactive=Count("pk", filter=~is_active),
        fresh=Count("pk", filter=Q(created_at__gte=since)),
    )
    new_ones = list_page(PEOPLE, created_at__gte=since.isoformat(timespec="seconds"))
    return [
        Figure(_("Active people"), formatted(counts["active"]), "group", list_page(PEOPLE, is_active__exact="1")),
        Figure(_("New this week"), formatted(counts["fresh"]), "person_add", new_ones),
        Figure(_("Deactivated"), formatted(counts["inactive"]), "person_off", list_page(PEOPLE, is_active__exact="0")),
    ]


def questions_of_places(request: HttpRequest) -> Sequence[Question]:
    """Return what is asked about people without a place, which only who administers a whole tenant sees."""
    if all(scope.level > Level.TENANT for scope in powers_at(request).scopes(PEOPLE_VIEW)):
        return []
    organised = Organisation.unscoped.values("tenant_id")
    people = User.unscoped.filter(kind=User.Kind.PERSON, is_active=True, tenant_id__in=organised)
    rows = people.filter(placements__isnull=True)
    return [
        Question(PEOPLE_VIEW, rows, figure(_("Without a department"), "person_alert", list_page(PEOPLE, placed="no")))
    ]


def questions_of_structure() -> Sequence[Question]:
    """Return what is asked about tenants, organisations and departments."""
    return [
        Question(
            TENANT_MANAGE, Tenant.objects.all(), figure(_("Tenants"), "corporate_fare", list_page("tenants_tenant"))
        ),
        Question(
            ORGANISATION_VIEW,
            Organisation.unscoped.all(),
            figure(_("Organisations"), "domain", list_page("orgs_organisation")),
        ),
        Question(
            DEPARTMENT_VIEW, Department.unscoped.all(), figure(_("Departments"), "lan", list_page("orgs_department"))
        ),
        Question(
            DEPARTMENT_VIEW,
            # The topmost department stands for the organisation; that nobody is directly in it is as it should be.
            Department.unscoped.filter(parent__isnull=False, placements__isnull=True),
            figure(_("Departments without people"), "group_off", list_page("orgs_department", staffed="no")),
        ),
    ]


def questions_of_sessions(*, now: datetime) -> Sequence[Question]:
    """Return what is asked about terminals and programs."""
    live = get_access_token_model().objects.filter(expires__gt=now)
    used = Terminal.unscoped.filter(revoked_at__isnull=True)
    return [
        Question(TERMINALS_VIEW, used, figure(_("Terminals in use"), "devices", list_page("accounts_terminal"))),
        Question(TOKENS_VIEW, live, figure(_("Programs signed in"), "key", list_page("oauth2_provider_accesstoken"))),
    ]
