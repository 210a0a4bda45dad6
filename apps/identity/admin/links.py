"""The page of linked accounts: whose they are, and taking one away."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.admin import ScopedReadOnlyAdmin
from apps.accounts.admin import acting
from apps.identity.models import Link
from apps.identity.services.links import remove_links
from apps.identity.units import LINKS_REMOVE, LINKS_VIEW


@admin.register(Link)
class LinkAdmin(ScopedReadOnlyAdmin[Link]):
    """Linked accounts, used last first."""

    view_unit = LINKS_VIEW
    switch_unit = LINKS_REMOVE
    list_display = ("user", "connection", "label", "last_used_at")
    list_select_related = ("user__tenant", "connection")
    search_fields = ("user__login", "user__display_name", "label", "=external_id")
    ordering = ("-last_used_at", "id")
    fields = ("user", "connection", "label", "external_id", "created_at", "last_used_at")
    actions = ("remove",)

    @admin.action(description=_("Remove: these accounts open nothing here any more"), permissions=["switch"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Remove the chosen ones."""
        chosen = self.chosen(request, queryset.select_related("user", "connection"), LINKS_REMOVE)
        count = remove_links(acting(request), links=chosen, now=timezone.now())
        text = ngettext("%(count)d linked account removed.", "%(count)d linked accounts removed.", count)
        self.message_user(request, text % {"count": count})
