"""A forgotten password: asking for a link, and setting another one by it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apps.accounts.backends import client_address, sign_in_name
from apps.accounts.errors import ResetInvalid
from apps.accounts.forms import FreshPasswordForm, LoginForm
from apps.accounts.pages.sign_in import GET_OR_POST
from apps.accounts.services import resets
from apps.accounts.services.passwords import policy_of
from apps.common.errors import ImError

_TOKEN = "password_reset_token"  # noqa: S105 - the name of a place in the session


@GET_OR_POST
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the sign-in name, and answer every name alike."""
    form = LoginForm(request.POST if request.method == "POST" else None)
    is_asked = False
    if request.method == "POST" and resets.can_send() and form.is_valid():
        try:
            login = sign_in_name(request, form.cleaned_data["login"])
            resets.ask_for_link(login, address=client_address(request), now=timezone.now())
            is_asked = True
        except ImError as error:
            form.add_error(None, error.text)
    context = {"form": form, "is_asked": is_asked, "can_send": resets.can_send()}
    return render(request, "accounts/reset.html", context)


@GET_OR_POST
@never_cache
@sensitive_post_parameters("fresh")
@sensitive_variables("token")
def set_by_link(request: HttpRequest, token: str = "") -> HttpResponse:
    """Take the token out of the address first, so that it stands in no history and no Referer; then set a password."""
    if token:
        request.session[_TOKEN] = token
        return redirect("password-reset-set")
    kept = str(request.session.get(_TOKEN, ""))
    try:
        user = resets.find_reset(kept, now=timezone.now())
        min_chars = policy_of(user).password_min_chars
        form = FreshPasswordForm(request.POST if request.method == "POST" else None, min_chars=min_chars)
        if request.method == "POST" and form.is_valid():
            resets.reset_password(kept, password=form.cleaned_data["fresh"], now=timezone.now())
            request.session.pop(_TOKEN, None)
            messages.success(
                request, _("Your password is changed, and you are signed out everywhere. Sign in with it.")
            )
            return redirect("login")
    except ResetInvalid as error:
        request.session.pop(_TOKEN, None)
        messages.error(request, error.text)
        return redirect("password-reset")
    except ImError as error:
        form.add_error("fresh", error.text)
    return render(request, "accounts/reset_set.html", {"form": form, "person": user})
