"""The page of programs that may act in one's name: what each may do, and taking it back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.errors import ApplicationNotFound
from apps.accounts.pages.visitor import login_first, visitor_of
from apps.accounts.services.consents import programs_of, withdraw
from apps.accounts.services.scopes import in_words


@require_safe
@never_cache
@login_required
def programs(request: HttpRequest) -> HttpResponse:
    """Show the programs, those allowed last first."""
    found = programs_of(visitor_of(request), now=timezone.now())
    rows = [(program, in_words(program.scopes)) for program in found]
    return render(request, "accounts/programs.html", {"programs": rows})


@require_POST
@login_first("account-programs")
def take_back(request: HttpRequest, application_id: int) -> HttpResponse:
    """Take everything back that a program was allowed; it is signed out at once."""
    try:
        name = withdraw(visitor_of(request), application_id, now=timezone.now())
    except ApplicationNotFound as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("%(name)s can do nothing in your name any more.") % {"name": name})
    return redirect("account-programs")
