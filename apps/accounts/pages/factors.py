"""One's second factors: what there is, adding, removing, recovery codes; being made to have one on the way in."""

from textwrap import wrap
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.errors import SignInExpired, SignInRefused
from apps.accounts.forms import AppCodeForm
from apps.accounts.models import User
from apps.accounts.pages.sign_in import GET_OR_POST, begin_anew, passed
from apps.accounts.pages.visitor import login_first, visitor_of
from apps.accounts.services import entry, factors, one_time_codes, passkeys, recovery
from apps.common.errors import ImError
from apps.common.sealed import seal, unseal

GROUP_CHARS: Final = 4
"""The secret is shown in groups of so many: people type it from one screen into another."""

_SECRET: Final = "codes_secret"  # noqa: S105 - the name of a place in the session


@require_safe
@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show what the person has."""
    user = visitor_of(request)
    context = {
        "has_codes": factors.CODES in factors.kinds_of(user),
        "passkeys": passkeys.passkeys_of(user),
        "codes_left": recovery.left(user),
        "is_demanded": factors.is_demanded(user),
        "is_recent": entry.is_recent(request),
        "confirm_url": entry.confirm_url(request),
    }
    return render(request, "accounts/factors.html", context)


@GET_OR_POST
@never_cache
@login_required
@sensitive_post_parameters("code")
def add_codes(request: HttpRequest) -> HttpResponse:
    """Have an authenticator app take a secret, and show by a code that it has."""
    user = visitor_of(request)
    if not entry.is_recent(request):
        return redirect(entry.confirm_url(request))
    form = AppCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _enrol(request, user, form):
        messages.success(request, _("Your authenticator app is set up."))
        return _with_recovery(request, user) if recovery.left(user) == 0 else redirect("account-factors")
    return render(request, "accounts/codes.html", _offer(request, user, form))


@GET_OR_POST
@never_cache
@sensitive_post_parameters("code")
def enrol(request: HttpRequest) -> HttpResponse:
    """Have somebody set up the second factor that her tenant wants before she comes in."""
    try:
        _pending, user = entry.pending_sign_in(request, entry.ENROL)
        form = AppCodeForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and _enrol(request, user, form):
            return passed(request, user, entry.step_passed(request, entry.ENROL, proof="otp"))
    except (SignInExpired, SignInRefused) as error:
        return begin_anew(request, error)
    return render(request, "accounts/enrol.html", _offer(request, user, form))


@require_POST
@login_first("account-factors")
def remove_codes(request: HttpRequest) -> HttpResponse:
    """Take the authenticator app away."""
    if not entry.is_recent(request):
        return redirect(_confirm_first())
    factors.remove_codes(visitor_of(request), now=timezone.now())
    messages.success(request, _("The authenticator app is removed."))
    return redirect("account-factors")


@require_POST
@login_first("account-factors")
def remove_passkey(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """Take one of one's own passkeys away."""
    if not entry.is_recent(request):
        return redirect(_confirm_first())
    if not passkeys.remove(visitor_of(request), passkey_id, now=timezone.now()):
        raise Http404
    messages.success(request, _("The passkey is removed."))
    return redirect("account-factors")


@require_POST
@never_cache
@login_first("account-factors")
def issue_recovery(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, and show them this once."""
    user = visitor_of(request)
    if not entry.is_recent(request):
        return redirect(_confirm_first())
    if not factors.has_second_factor(user):
        return redirect("account-factors")
    return _with_recovery(request, user)


def _confirm_first() -> str:
    """What was posted is not done later by itself: she comes back to the list, and does it again."""
    return f"{reverse('account-confirm')}?{urlencode({'next': reverse('account-factors')})}"


def _with_recovery(request: HttpRequest, user: User) -> HttpResponse:
    codes = recovery.issue(user, now=timezone.now())
    return render(request, "accounts/recovery.html", {"codes": codes})


def _enrol(request: HttpRequest, user: User, form: AppCodeForm) -> bool:
    """Take the app over if the code is right; the form says so where not."""
    sealed = request.session.get(_SECRET)
    if not sealed:
        return False
    try:
        secret = unseal(one_time_codes.PURPOSE, sealed).decode()
        one_time_codes.enrol(user, secret=secret, code=form.cleaned_data["code"], now=timezone.now())
    except ImError as error:
        form.add_error("code", error.text)
        return False
    request.session.pop(_SECRET, None)
    return True


def _offer(request: HttpRequest, user: User, form: AppCodeForm) -> dict[str, Any]:
    """Return what the page shows: the same secret until an app has taken it, kept sealed in the session."""
    sealed = request.session.get(_SECRET)
    if not sealed:
        sealed = request.session[_SECRET] = seal(one_time_codes.PURPOSE, one_time_codes.make_secret().encode())
    secret = unseal(one_time_codes.PURPOSE, sealed).decode()
    address = one_time_codes.address_of(secret, user, issuer=passkeys.SITE_NAME)
    # Made of squares alone by the library that draws it.
    picture = mark_safe(one_time_codes.picture_of(address))  # noqa: S308
    return {"form": form, "picture": picture, "secret": secret, "groups": wrap(secret, GROUP_CHARS), "person": user}
