"""The page of the audit log: searched, never changed, and bound to where somebody may read it.

How an entry looks is the audit app's (`apps.audit.admin`), which lies below this one and knows nothing of powers.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.access.admin.scoped import ScopedReadOnlyAdmin
from apps.access.units import AUDIT_VIEW
from apps.audit.admin import EntryPage
from apps.audit.models import Entry
from apps.audit.selectors import search_entries


@admin.register(Entry)
class EntryAdmin(ScopedReadOnlyAdmin[Entry], EntryPage):
    """Who did what, where and from where, the newest first."""

    view_unit = AUDIT_VIEW

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """Look in names and in what was changed."""
        return (search_entries(queryset, text=search_term) if search_term else queryset), False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """An entry never changes, so its page says all there is."""
        return self.change_view(request, object_id, extra_context=extra_context)
