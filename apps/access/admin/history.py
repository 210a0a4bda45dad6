"""What the audit log says of one row, as far as it happened where somebody may read the log."""

from django.db.models import Model
from django.http import HttpRequest

from apps.access.admin.reach import within
from apps.access.units import AUDIT_VIEW
from apps.audit.models import Entry
from apps.audit.selectors import search_entries


def entries_about(request: HttpRequest, obj: Model, *, limit: int) -> list[Entry]:
    """Return the newest entries about a row. One query."""
    entries = within(request, Entry.unscoped.all(), AUDIT_VIEW)
    tenant_id = getattr(obj, "tenant_id", None)
    if tenant_id is not None:
        entries = entries.filter(tenant_id=tenant_id)
    return list(search_entries(entries, target_id=str(obj.pk))[:limit])
