"""Admin of terminals: see where users sign in from, and revoke what was lost or stolen."""

from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.admin import ScopedReadOnlyAdmin, ScopedTable
from apps.accounts.admin.acting import acting
from apps.accounts.models import Terminal, User
from apps.accounts.places import described
from apps.accounts.services.oversight import revoke_terminals
from apps.accounts.units import TERMINALS_REVOKE, TERMINALS_VIEW
from apps.common.admin import display


class RevokedFilter(admin.SimpleListFilter):
    """Terminals that may sign in, and those that may not."""

    title = _("status")
    parameter_name = "revoked"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The two sides."""
        return [("no", str(_("in use"))), ("yes", str(_("revoked")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Terminal]) -> QuerySet[Terminal]:
        """The rows of the chosen side."""
        if self.value() in {"no", "yes"}:
            return queryset.filter(revoked_at__isnull=self.value() == "no")
        return queryset


@admin.register(Terminal)
class TerminalAdmin(ScopedReadOnlyAdmin[Terminal]):
    """Terminals, last seen first."""

    view_unit = TERMINALS_VIEW
    switch_unit = TERMINALS_REVOKE
    list_display = ("user", "platform", "shown_name", "last_seen_at", "shown_place", "shown_status")
    list_select_related = ("user", "tenant")
    list_filter = ("platform", RevokedFilter, "last_seen_at")
    search_fields = ("user__login", "user__display_name", "name", "label", "=id")
    ordering = ("-last_seen_at", "id")
    fields = (
        *("id", "user", "tenant", "platform", "name", "label", "created_at", "last_seen_at", "shown_place"),
        *("revoked_at", "displaced_at", "displaced_by"),
    )
    actions = ("revoke",)

    @display(description=_("name"), ordering="name")
    def shown_name(self, obj: Terminal) -> str:
        """What the person calls it, else what it calls itself."""
        return obj.label or obj.name

    @display(description=_("last used from"), ordering="address")
    def shown_place(self, obj: Terminal) -> str:
        """Where that was, in a word where the address alone says little."""
        return described(obj.address)

    @display(
        description=_("status"),
        ordering="revoked_at",
        label={"use": "success", "closed": "warning", "revoked": "danger"},
    )
    def shown_status(self, obj: Terminal) -> tuple[str, str]:
        """Whether it may sign in, as a coloured label."""
        if obj.revoked_at is not None:
            return "revoked", str(_("revoked"))
        return ("use", str(_("in use"))) if obj.displaced_at is None else ("closed", str(_("closed for another one")))

    @admin.action(description=_("Revoke: refuse sign-ins from these terminals"), permissions=["switch"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Terminal]) -> None:
        """Revoke the chosen ones."""
        chosen = self.chosen(request, queryset, TERMINALS_REVOKE)
        actor = acting(request)
        count = revoke_terminals(actor, terminal_ids=[each.pk for each in chosen], now=timezone.now())
        if any(each.user_id == actor.pk for each in chosen):  # it ended her browser sessions, but for this one
            actor.refresh_from_db(fields=["pages_ended_at"])
            update_session_auth_hash(request, actor)
        text = ngettext("%(count)d terminal revoked.", "%(count)d terminals revoked.", count)
        self.message_user(request, text % {"count": count})


class TerminalTable(ScopedTable[Terminal, User]):
    """A user's terminals, on her page."""

    model = Terminal
    view_unit = TERMINALS_VIEW
    fields = ("platform", "name", "last_seen_at", "revoked_at")
    readonly_fields = fields
    ordering = ("-last_seen_at",)
    show_change_link = True
