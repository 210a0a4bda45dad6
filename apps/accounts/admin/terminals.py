"""Admin of terminals: see where users sign in from, and revoke what was lost or stolen."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.models import Terminal, User
from apps.accounts.services import revoke_terminal
from apps.common.admin import ReadOnlyAdmin, ReadOnlyTable, display


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
class TerminalAdmin(ReadOnlyAdmin[Terminal]):
    """Terminals, last seen first."""

    list_display = ("user", "platform", "name", "last_seen_at", "shown_status")
    list_select_related = ("user", "tenant")
    list_filter = ("platform", RevokedFilter, "last_seen_at")
    search_fields = ("user__login", "user__display_name", "name", "=id")
    ordering = ("-last_seen_at", "id")
    fields = ("id", "user", "tenant", "platform", "name", "created_at", "last_seen_at", "revoked_at")
    actions = ("revoke",)

    @display(description=_("status"), ordering="revoked_at", label={"use": "success", "revoked": "danger"})
    def shown_status(self, obj: Terminal) -> tuple[str, str]:
        """Whether it may sign in, as a coloured label."""
        return ("use", str(_("in use"))) if obj.revoked_at is None else ("revoked", str(_("revoked")))

    @admin.action(description=_("Revoke: refuse sign-ins from these terminals"), permissions=["switch"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Terminal]) -> None:
        """Revoke the chosen ones."""
        terminals = list(queryset.filter(revoked_at__isnull=True))
        for terminal in terminals:
            revoke_terminal(terminal)
            self.log_change(request, terminal, [{"changed": {"fields": ["revoked at"]}}])
        text = ngettext("%(count)d terminal revoked.", "%(count)d terminals revoked.", len(terminals))
        self.message_user(request, text % {"count": len(terminals)})


class TerminalTable(ReadOnlyTable[Terminal, User]):
    """A user's terminals, on her page."""

    model = Terminal
    fields = ("platform", "name", "last_seen_at", "revoked_at")
    readonly_fields = fields
    ordering = ("-last_seen_at",)
    show_change_link = True
