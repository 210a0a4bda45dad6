"""One's own password: changing it, renewing one that is too old on the way in."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.errors import PasswordTooWeak, ProofWrong, SignInExpired, SignInRefused
from apps.accounts.forms import WRONG_PASSWORD, ChangePasswordForm, FreshPasswordForm
from apps.accounts.pages.sign_in import GET_OR_POST, begin_anew, passed
from apps.accounts.pages.visitor import visitor_of
from apps.accounts.services import entry
from apps.accounts.services.passwords import policy_of, prove_password
from apps.accounts.services.resets import change_own_password
from apps.common.errors import ImError


@GET_OR_POST
@never_cache
@login_required
@sensitive_post_parameters("password", "fresh")
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's password; who has none gets one, once she has just proved who she is."""
    user = visitor_of(request)
    if not user.has_usable_password() and not entry.is_recent(request):
        return redirect(entry.confirm_url(request))
    kind = ChangePasswordForm if user.has_usable_password() else FreshPasswordForm
    form = kind(request.POST if request.method == "POST" else None, min_chars=policy_of(user).password_min_chars)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            if "password" in form.cleaned_data:
                prove_password(user, form.cleaned_data["password"], now=now)
            change_own_password(user, password=form.cleaned_data["fresh"], now=now)
        except ProofWrong:
            form.add_error("password", WRONG_PASSWORD)
        except PasswordTooWeak as error:
            form.add_error("fresh", error.text)
        except ImError as error:
            form.add_error(None, error.text)
        else:
            update_session_auth_hash(request, user)
            entry.confirmed(request)
            messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
            return redirect("account-password")
    return render(request, "accounts/password.html", {"form": form})


@GET_OR_POST
@never_cache
@sensitive_post_parameters("fresh")
def renew_password(request: HttpRequest) -> HttpResponse:
    """Have somebody change a password that is too old before she comes in."""
    try:
        _pending, user = entry.pending_sign_in(request, entry.RENEW)
        min_chars = policy_of(user).password_min_chars
        form = FreshPasswordForm(request.POST if request.method == "POST" else None, min_chars=min_chars)
        if request.method == "POST" and form.is_valid():
            try:
                change_own_password(user, password=form.cleaned_data["fresh"], now=timezone.now())
                return passed(request, user, entry.step_passed(request, entry.RENEW))
            except (SignInExpired, SignInRefused):
                raise
            except ImError as error:
                form.add_error("fresh", error.text)
    except (SignInExpired, SignInRefused) as error:
        return begin_anew(request, error)
    return render(request, "accounts/renew.html", {"form": form, "person": user})
