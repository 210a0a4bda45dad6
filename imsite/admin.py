"""The admin's door and first page. What the page says is `overview`'s."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from apps.access.admin import may_enter
from apps.accounts.admin import AdminSignInForm
from apps.accounts.models import User
from apps.accounts.services import revoke_tokens
from imsite.overview import figures, notices, places, recent_entries

# Not by UNFOLD["LOGIN"]: that is imported before there are models.
admin.site.login_form = AdminSignInForm
admin.site.index_title = gettext_lazy("Overview")
# Who holds a grant may open it, as long as the grant lasts; Django asks for a flag that nobody sets any more.
admin.site.has_permission = may_enter  # type: ignore[method-assign]

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
    """Add what this person's first page says."""
    return {
        **context,
        "places": places(request),
        "figures": figures(request),
        "notices": notices(request),
        "entries": recent_entries(request),
    }
