"""Who looks at a page of the account centre."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def visitor_of(request: HttpRequest) -> User:
    """Return who is signed in; `login_required` lets nobody else through to these pages."""
    assert isinstance(request.user, User)  # noqa: S101 - as the decorator of every page has seen to
    return request.user


def login_first(page: str) -> Callable[[View[P]], View[P]]:
    """Let forms of people in who are signed in; others sign in, and are led to the page of that name.

    `login_required` would lead them to the address of the form itself, which is no page to look at.
    """

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.user.is_authenticated:
                return view(request, *args, **kwargs)
            messages.warning(request, _("You were signed out before this could be done. Sign in, and do it once more."))
            return redirect_to_login(reverse(page))

        return guarded

    return guard
