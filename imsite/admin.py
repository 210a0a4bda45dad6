"""The admin's front page: what there is, in numbers."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oauth2_provider.models import get_access_token_model

from apps.accounts.admin import AdminSignInForm
from apps.accounts.models import Terminal, User
from apps.accounts.services import revoke_tokens
from apps.conversations.models import Conversation
from apps.messaging.models import Log
from apps.tenants.models import Tenant

# Not by UNFOLD["LOGIN"]: that is imported before there are models.
admin.site.login_form = AdminSignInForm
admin.site.index_title = gettext_lazy("Overview")

_change_password = admin.site.password_change


def change_own_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Let somebody change her own password; as everywhere, programs that signed in with the old one are signed out."""
    answer = _change_password(request, extra_context)
    if answer.status_code == HTTPStatus.FOUND and isinstance(request.user, User):
        revoke_tokens(request.user)
    return answer


# The library's view takes no other form, so the view is wrapped.
admin.site.password_change = change_own_password  # type: ignore[assignment]  # redirects, too


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the figures this person may see. One query each; events are summed from the logs' ends, not counted."""
    context["figures"] = [
        {
            "label": label,
            "value": number_format(count(), use_l10n=True, force_grouping=True),
            "icon": icon,
            "url": reverse(f"admin:{page}_changelist"),
        }
        for permission, label, icon, page, count in _figures()
        if request.user.has_perm(permission)
    ]
    return context


def _figures() -> list[tuple[str, str, str, str, Any]]:
    live = {"expires__gt": timezone.now()}
    return [
        ("tenants.view_tenant", _("Tenants"), "domain", "tenants_tenant", Tenant.objects.count),
        (
            "accounts.view_user",
            _("Active users"),
            "group",
            "accounts_user",
            User.unscoped.filter(is_active=True).count,
        ),
        (
            "conversations.view_conversation",
            _("Conversations"),
            "forum",
            "conversations_conversation",
            Conversation.unscoped.count,
        ),
        ("messaging.view_log", _("Events in all logs"), "chat", "conversations_conversation", _count_events),
        (
            "accounts.view_terminal",
            _("Terminals in use"),
            "devices",
            "accounts_terminal",
            Terminal.unscoped.filter(revoked_at__isnull=True).count,
        ),
        (
            "oauth2_provider.view_accesstoken",
            _("Programs signed in"),
            "key",
            "oauth2_provider_accesstoken",
            get_access_token_model().objects.filter(**live).count,
        ),
    ]


def _count_events() -> int:
    total: int | None = Log.unscoped.aggregate(total=Sum("max_seq"))["total"]
    return total or 0
