"""Admin of conversations: who is in them and how far their logs go. What was said is never shown.

Members come and go through `messaging.services`, which write the event that tells of it; here is nothing to change.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from apps.access.admin import ScopedReadOnlyAdmin, ScopedTable, WithinFilter
from apps.common.admin import display
from apps.conversations.models import Conversation, Member
from apps.conversations.units import CONVERSATIONS_VIEW


class MemberTable(ScopedTable[Member, Conversation]):
    """The members, on the conversation's page."""

    model = Member
    view_unit = CONVERSATIONS_VIEW
    fields = ("user", "role", "join_seq", "created_at")
    readonly_fields = fields
    ordering = ("created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Members with their users."""
        return super().get_queryset(request).select_related("user")


@admin.register(Conversation)
class ConversationAdmin(ScopedReadOnlyAdmin[Conversation]):
    """Conversations of one's tenants, the newest first."""

    view_unit = CONVERSATIONS_VIEW
    list_display = ("heading", "kind", "tenant", "member_count", "events", "last_event", "created_at")
    list_select_related = ("tenant", "log")
    list_filter = ("kind", ("tenant", WithinFilter), "created_at")
    search_fields = ("title", "=id", "members__user__login", "members__user__display_name")
    search_help_text = _("Title, id, or a member's name or sign-in name")
    ordering = ("-created_at", "-id")
    fields = ("id", "tenant", "kind", "title", "created_by", "created_at", "member_count", "events", "last_event")
    readonly_fields = ("events", "last_event")
    inlines = (MemberTable,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """All conversations; direct ones with their two people, who are their title."""
        pairs = Member.unscoped.filter(conversation__kind=Conversation.Kind.DIRECT).select_related("user")
        rows = super().get_queryset(request).select_related("tenant", "log", "created_by")
        return rows.prefetch_related(Prefetch("members", queryset=pairs.order_by("id"), to_attr="pair"))

    @display(description=_("title"), ordering="title")
    def heading(self, obj: Any) -> str:
        """The title, or for a direct conversation the names of the two."""
        if obj.kind == Conversation.Kind.DIRECT:
            return " · ".join(member.user.get_short_name() for member in obj.pair)
        return str(obj)

    @display(description=_("events"), ordering="log__max_seq")
    def events(self, obj: Any) -> int:
        """How many events its log has: seqs have no gaps."""
        log = getattr(obj, "log", None)
        return 0 if log is None else log.max_seq

    @display(description=_("last event"), ordering="log__last_event_at")
    def last_event(self, obj: Any) -> str | None:
        """When the last of them came."""
        log = getattr(obj, "log", None)
        return None if log is None else date_format(localtime(log.last_event_at), "DATETIME_FORMAT")
