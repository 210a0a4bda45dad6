"""The page of SCIM tokens: whose they are, when each was used last, and taking one away."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access.admin import ScopedReadOnlyAdmin, WithinFilter
from apps.accounts.admin import acting
from apps.identity.models import ScimToken
from apps.identity.services.scim.tokens import revoke_tokens
from apps.identity.units import CONNECTIONS_CHANGE, CONNECTIONS_VIEW


@admin.register(ScimToken)
class ScimTokenAdmin(ScopedReadOnlyAdmin[ScimToken]):
    """Tokens, the newest first. They are made on the page of their connection."""

    view_unit = CONNECTIONS_VIEW
    switch_unit = CONNECTIONS_CHANGE
    list_display = ("hint", "connection", "created_at", "last_used_at")
    list_filter = (("connection", WithinFilter),)
    list_select_related = ("connection",)
    search_fields = ("connection__name", "hint")
    ordering = ("-created_at", "-id")
    fields = ("connection", "hint", "created_at", "last_used_at")
    actions = ("revoke",)

    @admin.action(description=_("Revoke: they open nothing any more"), permissions=["switch"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ScimToken]) -> None:
        """Take the chosen ones away."""
        actor, now = acting(request), timezone.now()
        self.each(
            request,
            self.chosen(request, queryset, CONNECTIONS_CHANGE),
            lambda row: revoke_tokens(actor, connection_id=row.connection_id, token_id=row.pk, now=now),
        )
