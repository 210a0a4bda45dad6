"""The overview of one's own account: who one is here, what is well and what is not, what happened lately."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.pages.findings import findings_of
from apps.accounts.pages.visitor import visitor_of
from apps.accounts.services.happenings import happenings_of


@require_safe
@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show the page to whoever is signed in."""
    user = visitor_of(request)
    context = {"person": user, "findings": findings_of(user, now=timezone.now()), "happenings": happenings_of(user)}
    return render(request, "accounts/overview.html", context)
