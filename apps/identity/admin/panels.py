"""What the page of a connection shows below its settings: runs of a directory, tokens and news of a SCIM client."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from apps.access.admin import within
from apps.access.units import AUDIT_VIEW
from apps.audit.models import Entry
from apps.audit.selectors import search_entries
from apps.audit.words import words_of
from apps.identity.admin.deeds import DEEDS, page_of_run
from apps.identity.models import Connection, DepartmentLink, DirectoryClock, DirectoryRun, ScimToken, ScimUser

RUNS_SHOWN: Final = 10
"""The latest; the list of runs has all that are kept."""
NEWS_SHOWN: Final = 20
"""Changes that came in lately; the audit log has all."""


def panel_of(request: HttpRequest, connection: Connection, *, may_change: bool) -> dict[str, Any]:
    """Return what the template needs. Five queries at most."""
    panel: dict[str, Any] = {
        "kind": connection.kind,
        "deeds": {
            name: reverse("admin:identity_connection_do", args=[connection.pk, name])
            for name in (DEEDS[connection.kind] if may_change else ())
        },
    }
    if connection.kind == Connection.Kind.LDAP:
        panel |= _runs(connection)
    elif connection.kind == Connection.Kind.SCIM:
        panel |= _scim(request, connection)
    return panel


def _runs(connection: Connection) -> dict[str, Any]:
    rows = DirectoryRun.objects.for_tenant(connection.tenant_id).filter(connection=connection)
    rows = rows.defer("changes", "findings").order_by("-created_at", "-id")
    clock = DirectoryClock.objects.for_tenant(connection.tenant_id).filter(connection=connection).first()
    return {
        "runs": [(run, page_of_run(run)) for run in rows[:RUNS_SHOWN]],
        "all_runs": reverse(
            "admin:identity_directoryrun_changelist", query={"connection__id__exact": str(connection.pk)}
        ),
        "due_at": clock.due_at if clock is not None and connection.is_active else None,
    }


def _scim(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    tenant_id = connection.tenant_id
    entries = within(request, Entry.unscoped.filter(tenant_id=tenant_id), AUDIT_VIEW)
    news = search_entries(entries, actor_id=connection.pk)[:NEWS_SHOWN]
    tokens = ScimToken.objects.for_tenant(tenant_id).filter(connection=connection)
    people = ScimUser.objects.for_tenant(tenant_id).filter(connection=connection, deleted_at=None)
    return {
        "tokens": list(tokens.order_by("-created_at", "-id")),
        "people": people.count(),
        "groups": DepartmentLink.objects.for_tenant(tenant_id).filter(connection=connection).count(),
        "news": [(entry.at, words_of(entry.action), entry.target_label) for entry in news],
    }
