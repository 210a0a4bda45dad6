"""What the admin's first page says to whoever opens it: where she has powers, how much there is, what waits for her.

Every figure counts what lies within her scopes, by one query, and is left out where she may not look.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oauth2_provider.models import get_access_token_model

from apps.access.admin import has_unit, powers_at, within
from apps.access.models import Grant
from apps.access.scopes import SYSTEM, Level
from apps.access.units import AUDIT_VIEW, GRANTS_VIEW, Unit
from apps.accounts.models import Terminal, User
from apps.accounts.units import TERMINALS_VIEW, TOKENS_VIEW
from apps.audit.models import Entry
from apps.conversations.models import Conversation
from apps.conversations.units import CONVERSATIONS_VIEW
from apps.messaging.models import Log
from apps.orgs.models import Department, Organisation
from apps.orgs.units import DEPARTMENT_VIEW, ORGANISATION_VIEW, PEOPLE_VIEW
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_MANAGE, TENANT_VIEW

ENDING_WITHIN: Final = timedelta(days=14)
"""Grants that end so soon are mentioned."""
NEARLY_FULL: Final = 0.9
"""From this part of its users' limit on a tenant is mentioned."""
NAMED: Final = 5
"""Places and tenants named; of the rest it is said that there are more."""
ENTRIES_SHOWN: Final = 8
"""Of the audit log, the newest."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One card."""

    label: str
    value: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at, and where."""

    text: str
    url: str


def figures(request: HttpRequest) -> list[Figure]:
    """Return how much there is within her scopes. One query each."""
    found = [
        Figure(label, _number(count(within(request, rows, unit))), icon, reverse(f"admin:{page}_changelist"))
        for unit, label, icon, page, rows, count in _countable()
        if has_unit(request, unit)
    ]
    if SYSTEM in powers_at(request).scopes(TENANT_MANAGE):
        size = filesizeformat(_database_bytes())
        found.append(Figure(_("Database"), size, "storage", reverse("admin:tenants_tenant_changelist")))
    return found


def places(request: HttpRequest) -> list[str]:
    """Return the names of the places where she has powers, the widest first. Two queries at most."""
    powers = powers_at(request)
    scopes = sorted({SYSTEM} if powers.is_all else {each.scope for each in powers.held})[:NAMED]
    departments = [scope.path for scope in scopes if scope.level > Level.TENANT]
    tenants = [scope.tenant_id for scope in scopes if scope.tenant_id and scope.level is Level.TENANT]
    names = dict(Department.unscoped.filter(path__in=departments).values_list("path", "name")) if departments else {}
    if tenants:
        names |= {f"t:{key.hex}": name for key, name in Tenant.objects.filter(pk__in=tenants).values_list("pk", "name")}
    return [_("the whole system") if scope == SYSTEM else names.get(scope.path, "–") for scope in scopes]


def notices(request: HttpRequest) -> list[Notice]:
    """Return what waits for her or goes wrong soon. One query each."""
    checks: tuple[tuple[Unit, Callable[[HttpRequest], Notice | None]], ...] = (
        (TENANT_MANAGE, _halted),
        (TENANT_VIEW, _nearly_full),
        (PEOPLE_VIEW, _unplaced),
        (GRANTS_VIEW, _ending),
    )
    said = (check(request) for unit, check in checks if has_unit(request, unit))
    return [notice for notice in said if notice is not None]


def recent_entries(request: HttpRequest) -> list[Entry]:
    """Return what was done lately within her scopes. One query, none without the unit."""
    if not has_unit(request, AUDIT_VIEW):
        return []
    return list(within(request, Entry.unscoped.all(), AUDIT_VIEW).order_by("-at", "-id")[:ENTRIES_SHOWN])


def _countable() -> list[tuple[Unit, str, str, str, QuerySet[Any], Callable[[QuerySet[Any]], int]]]:
    live = get_access_token_model().objects.filter(expires__gt=timezone.now())
    people = User.unscoped.filter(is_active=True)
    used = Terminal.unscoped.filter(revoked_at__isnull=True)
    conversations = "conversations_conversation"
    return [
        (TENANT_MANAGE, _("Tenants"), "corporate_fare", "tenants_tenant", Tenant.objects.all(), _count),
        (ORGANISATION_VIEW, _("Organisations"), "domain", "orgs_organisation", Organisation.unscoped.all(), _count),
        (DEPARTMENT_VIEW, _("Departments"), "lan", "orgs_department", Department.unscoped.all(), _count),
        (PEOPLE_VIEW, _("Active people"), "group", "accounts_user", people, _count),
        (CONVERSATIONS_VIEW, _("Conversations"), "forum", conversations, Conversation.unscoped.all(), _count),
        (CONVERSATIONS_VIEW, _("Events in all logs"), "chat", conversations, Log.unscoped.all(), _events),
        (TERMINALS_VIEW, _("Terminals in use"), "devices", "accounts_terminal", used, _count),
        (TOKENS_VIEW, _("Programs signed in"), "key", "oauth2_provider_accesstoken", live, _count),
    ]


def _count(rows: QuerySet[Any]) -> int:
    return rows.count()


def _events(logs: QuerySet[Any]) -> int:
    """Summed from the logs' ends, not counted."""
    total: int | None = logs.aggregate(total=Sum("max_seq"))["total"]
    return total or 0


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size: int = cursor.fetchone()[0]
    return size


def _halted(request: HttpRequest) -> Notice | None:
    rows = within(request, Tenant.objects.exclude(status=Tenant.Status.ACTIVE), TENANT_MANAGE)
    count = rows.count()
    if not count:
        return None
    text = ngettext(
        "%(count)d tenant is suspended or to be deleted.", "%(count)d tenants are suspended or to be deleted.", count
    )
    return Notice(text % {"count": count}, reverse("admin:tenants_tenant_changelist"))


def _nearly_full(request: HttpRequest) -> Notice | None:
    """Tenants that may soon take nobody more."""
    limited = Tenant.objects.filter(Q(users_max__isnull=False) | ~Q(plan=Tenant.Plan.UNLIMITED))
    tenants = {tenant.pk: tenant for tenant in within(request, limited, TENANT_VIEW)}
    if not tenants:
        return None
    active = User.unscoped.filter(is_active=True, tenant_id__in=tenants).order_by().values("tenant_id")
    full = []
    for row in active.annotate(count=Count("pk")):
        tenant = tenants[row["tenant_id"]]
        limit = tenant.limits.users_max
        if limit is not None and row["count"] >= NEARLY_FULL * limit:
            full.append(f"{tenant.name} ({row['count']}/{limit})")
    if not full:
        return None
    text = _("Nearly as many users as the limit allows: %(tenants)s") % {"tenants": _listed(full)}
    return Notice(text, reverse("admin:tenants_tenant_changelist"))


def _unplaced(request: HttpRequest) -> Notice | None:
    """People of tenants with organisations who have no place: only who administers the tenant sees them."""
    tenants = Organisation.unscoped.values("tenant_id")
    rows = User.unscoped.filter(is_active=True, placements__isnull=True, tenant_id__in=tenants)
    count = within(request, rows, PEOPLE_VIEW).count()
    if not count:
        return None
    text = ngettext(
        "%(count)d person has no place in any department.", "%(count)d people have no place in any department.", count
    )
    return Notice(text % {"count": count}, reverse("admin:accounts_user_changelist", query={"placed": "no"}))


def _ending(request: HttpRequest) -> Notice | None:
    now = timezone.now()
    rows = Grant.unscoped.filter(expires_at__gt=now, expires_at__lte=now + ENDING_WITHIN)
    count = within(request, rows, GRANTS_VIEW).count()
    if not count:
        return None
    text = ngettext("%(count)d grant ends within two weeks.", "%(count)d grants end within two weeks.", count)
    return Notice(text % {"count": count}, reverse("admin:access_grant_changelist"))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
