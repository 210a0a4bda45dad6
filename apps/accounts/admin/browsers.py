"""Admin of browsers that are signed in to pages: see where, and sign out what was lost or stolen."""

from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.admin import ScopedReadOnlyAdmin
from apps.accounts.admin.acting import acting
from apps.accounts.models import BrowserSession
from apps.accounts.places import described
from apps.accounts.services.oversight import end_browsers
from apps.accounts.units import TERMINALS_REVOKE, TERMINALS_VIEW
from apps.common.admin import display


@admin.register(BrowserSession)
class BrowserSessionAdmin(ScopedReadOnlyAdmin[BrowserSession]):
    """Browsers, last used first. The session's key is on no page."""

    view_unit = TERMINALS_VIEW
    switch_unit = TERMINALS_REVOKE
    list_display = ("user", "shown_name", "last_used_at", "shown_place", "signed_in_at", "shown_here")
    list_select_related = ("user", "tenant")
    list_filter = ("last_used_at",)
    search_fields = ("user__login", "user__display_name", "browser", "=id")
    ordering = ("-last_used_at", "id")
    fields = ("id", "user", "tenant", "shown_name", "signed_in_at", "last_used_at", "shown_place")
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrowserSession]:
        """Those whose sessions are not over; and which of them asks."""
        self_key = request.session.session_key or ""
        rows = super().get_queryset(request).filter(session__expire_date__gt=timezone.now())
        return rows.annotate(is_this=Case(When(session_id=self_key, then=True), default=False))

    @display(description=_("browser"), ordering="browser")
    def shown_name(self, obj: BrowserSession) -> str:
        """What it is called."""
        return str(obj)

    @display(description=_("last used from"), ordering="address")
    def shown_place(self, obj: BrowserSession) -> str:
        """Where that was, in a word where the address alone says little."""
        return described(obj.address)

    @display(description=_("this browser"), boolean=True)
    def shown_here(self, obj: BrowserSession) -> bool:
        """Whether it is the one that asks."""
        return bool(getattr(obj, "is_this", False))

    @admin.action(description=_("Sign out: end these browsers' sessions"), permissions=["switch"])
    def end(self, request: HttpRequest, queryset: QuerySet[BrowserSession]) -> None:
        """Sign the chosen ones out."""
        chosen = self.chosen(request, queryset, TERMINALS_REVOKE)
        count = end_browsers(acting(request), browser_ids=[each.pk for each in chosen], now=timezone.now())
        text = ngettext("%(count)d browser signed out.", "%(count)d browsers signed out.", count)
        self.message_user(request, text % {"count": count})
