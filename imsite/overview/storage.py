"""The first page's figures of what is kept, and of how near tenants are to their limits.

What is kept is a tenant's as a whole: conversations belong to no department. So administrators below one have no such
figures; only the database as a whole can be weighed in bytes, which is the installation's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.access.admin import has_unit, powers_at, within
from apps.access.scopes import SYSTEM, Level
from apps.access.units import AUDIT_VIEW
from apps.accounts.models import User
from apps.audit.models import Entry, Head
from apps.conversations.models import Conversation
from apps.conversations.units import CONVERSATIONS_VIEW
from apps.messaging.models import Event, Log
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_MANAGE, TENANT_VIEW
from imsite.overview.cards import Figure, Notice, Question, figure, formatted, list_page, listed

NEARLY_FULL: Final = 0.9
"""From this part of its users' limit on a tenant is mentioned."""


@dataclass(frozen=True, slots=True)
class Use:
    """How many active users a tenant has, of how many it may have."""

    name: str
    active: int
    limit: int

    def __str__(self) -> str:
        return f"{self.name} ({self.active}/{self.limit})"


def questions_of_storage(request: HttpRequest) -> Sequence[Question]:
    """Return what is asked about what is kept. Events and entries are summed from the ends of logs, not counted."""
    conversations = list_page("conversations_conversation")
    asked = [
        Question(CONVERSATIONS_VIEW, Conversation.unscoped.all(), figure(_("Conversations"), "forum", conversations)),
        Question(
            CONVERSATIONS_VIEW,
            Log.unscoped.all(),
            figure(_("Events in all logs"), "chat", conversations),
            total=Sum("max_seq"),
        ),
    ]
    if any(scope.level <= Level.TENANT for scope in powers_at(request).scopes(AUDIT_VIEW)):
        tell = figure(_("Entries in the audit log"), "history", list_page("audit_entry"))
        asked.append(Question(AUDIT_VIEW, Head.unscoped.all(), tell, total=Sum("number")))
    return asked


def database_figures(request: HttpRequest) -> list[Figure]:
    """Return how large the database is, and what takes most of it. One query; none below the system."""
    if SYSTEM not in powers_at(request).scopes(TENANT_MANAGE):
        return []
    tables = [Event._meta.db_table, Entry._meta.db_table]
    columns = ", ".join(["pg_database_size(current_database())", *("pg_total_relation_size(%s)" for _table in tables)])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", tables)
        sizes = cursor.fetchone()
    labels = [(_("Database"), "storage"), (_("Messages on disk"), "chat"), (_("Audit log on disk"), "history")]
    page = list_page("tenants_tenant")
    return [Figure(label, filesizeformat(size), icon, page) for (label, icon), size in zip(labels, sizes, strict=True)]


def read_use(request: HttpRequest) -> list[Use]:
    """Return how full those tenants are that may have so many users only, by short name. Two queries at most."""
    if not has_unit(request, TENANT_VIEW):
        return []
    limited = Tenant.objects.filter(Q(users_max__isnull=False) | ~Q(plan=Tenant.Plan.UNLIMITED))
    limits = {
        tenant.pk: (tenant.name, tenant.limits.users_max)
        for tenant in within(request, limited, TENANT_VIEW).order_by("slug")
        if tenant.limits.users_max is not None
    }
    if not limits:
        return []
    active = User.unscoped.filter(is_active=True, tenant_id__in=limits).order_by().values("tenant_id")
    counts = dict(active.annotate(count=Count("pk")).values_list("tenant_id", "count"))
    return [Use(name, counts.get(key, 0), limit) for key, (name, limit) in limits.items() if limit is not None]


def use_figures(request: HttpRequest, used: Sequence[Use]) -> list[Figure]:
    """Return how full the only tenant within reach is; whoever runs the installation reads notices, by their names."""
    if len(used) != 1 or SYSTEM in powers_at(request).scopes(TENANT_VIEW):
        return []
    value = f"{formatted(used[0].active)} / {formatted(used[0].limit)}"
    return [Figure(_("Users of the limit"), value, "speed", list_page("tenants_tenant"))]


def use_notices(used: Sequence[Use]) -> list[Notice]:
    """Return which tenants may soon take nobody more."""
    full = [str(use) for use in used if use.active >= NEARLY_FULL * use.limit]
    if not full:
        return []
    text = _("Nearly as many users as the limit allows: %(tenants)s") % {"tenants": listed(full)}
    return [Notice(text, list_page("tenants_tenant"), is_urgent=True)]
