"""The admin's door and first page. What the page says is `overview`'s."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.admin import may_enter, send_choices
from imsite.overview import read_overview

admin.site.index_title = gettext_lazy("Overview")
# Who holds a grant may open it, as long as the grant lasts; Django asks for a flag that nobody sets any more.
admin.site.has_permission = may_enter  # type: ignore[method-assign]
# The library's view has no setting for how it names what it offers.
admin.site.autocomplete_view = send_choices  # type: ignore[assignment]  # any kind of answer


def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Lead to the one door of the site, with its second factors and other ways in, and back here from there."""
    del extra_context
    start = reverse("admin:index")
    if request.method == "GET" and may_enter(request):
        return redirect(start)
    if request.user.is_authenticated:
        text = _("%(login)s may not open the admin. Sign in as somebody who may.")
        messages.warning(request, text % {"login": request.user.get_username()})
    following = request.GET.get(REDIRECT_FIELD_NAME) or start
    return redirect(f"{reverse('login')}?{urlencode({REDIRECT_FIELD_NAME: following})}")


def change_own_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Lead to the account centre, where everybody changes what she signs in with."""
    del request, extra_context
    return redirect("account-password")


admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.password_change = change_own_password  # type: ignore[assignment]  # redirects, too


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what this person's first page says."""
    return {**context, "overview": read_overview(request, now=timezone.now())}
