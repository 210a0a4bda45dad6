"""The door for people: name and password, then whatever is still missing (`services.entry` says what)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import ProofWrong, SignInExpired, SignInLimited, SignInRefused
from apps.accounts.forms import CodeForm, PasswordForm, RecoveryForm, SignInForm
from apps.accounts.models import User
from apps.accounts.pages.visitor import visitor_of
from apps.accounts.services import entry
from apps.accounts.services.factors import CODES, PASSKEYS, kinds_of, prove
from apps.accounts.services.known_browsers import remember
from apps.accounts.services.passwords import prove_password
from apps.accounts.ways import method_of, ways_of
from apps.common.errors import ImError
from apps.tenants.models import Tenant

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@GET_OR_POST
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password, and offer the other ways into the tenant, if it is known which.

    Every wrong answer reads the same, whether there is such an account or not.
    """
    slug = str(request.POST.get("tenant") or request.GET.get("tenant") or "")
    following = entry.own_address(request, str(request.POST.get("next") or request.GET.get("next") or ""))
    form = SignInForm(request, data=request.POST if request.method == "POST" else None, slug=slug)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        method = method_of(user)
        try:
            return passed(request, user, entry.first_factor_passed(request, user, method=method, next_url=following))
        except SignInRefused:
            form.add_error(None, form.get_invalid_login_error())
    tenant = form.tenant()
    context = {
        "form": form,
        "next": following,
        "tenant": tenant,
        "ways": ways_of(None if tenant is None else Tenant.objects.filter(pk=tenant.id).first()),
        "passkey_url": reverse("passkey-challenge"),
        "reset_url": reverse("password-reset"),
        "offers_company": tenant is None,
        "unknown_company": slug if tenant is None else "",
    }
    return render(request, "accounts/login.html", context)


@GET_OR_POST
@never_cache
@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a one-time code, a recovery code or a passkey of whoever is on her way in."""
    try:
        _pending, user = entry.pending_sign_in(request, entry.FACTOR)
        kinds = kinds_of(user)
        form = (CodeForm if CODES in kinds else RecoveryForm)(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                proof = prove(user, form.cleaned_data["code"], now=timezone.now())
                return passed(request, user, entry.step_passed(request, entry.FACTOR, proof=proof))
            except ProofWrong as error:
                entry.note_wrong_try(request)
                form.add_error("code", error.text)
            except SignInLimited as error:
                form.add_error(None, error.text)
    except (SignInExpired, SignInRefused) as error:
        return begin_anew(request, error)
    context = {"form": form, "has_codes": CODES in kinds, "passkey_url": _passkey_url(kinds)}
    return render(request, "accounts/second_factor.html", context)


@GET_OR_POST
@never_cache
@login_required
@sensitive_post_parameters("password", "code")
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask somebody who is signed in to prove once more who she is, before she changes how she does."""
    user = visitor_of(request)
    following = entry.safe_next(request, str(request.POST.get("next") or request.GET.get("next") or ""))
    kinds = kinds_of(user)
    form: CodeForm | PasswordForm = (CodeForm if CODES in kinds else PasswordForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _prove_again(request, user, form)
            entry.confirmed(request)
            return redirect(following)
        except ProofWrong as error:
            form.refuse(error)
        except ImError as error:
            form.add_error(None, error.text)
    context = {
        "form": form,
        "next": following,
        "asks_code": CODES in kinds,
        "asks_password": CODES not in kinds and user.has_usable_password(),
        "passkey_url": _passkey_url(kinds),
    }
    return render(request, "accounts/confirm.html", context)


def passed(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Send the browser on, which is known as one of hers from now on if she is in."""
    response = redirect(url)
    if request.user.is_authenticated and request.user.pk == user.pk:
        remember(request, response, user)
    return response


def begin_anew(request: HttpRequest, error: ImError) -> HttpResponse:
    """Lead back to the beginning, and say why."""
    messages.error(request, error.text)
    return redirect("login")


def _prove_again(request: HttpRequest, user: User, form: CodeForm | PasswordForm) -> None:
    """Raises ProofWrong or SignInLimited."""
    now = timezone.now()
    if isinstance(form, CodeForm):
        prove(user, form.cleaned_data["code"], now=now)
    else:
        prove_password(user, form.cleaned_data["password"], now=now)


def _passkey_url(kinds: frozenset[str]) -> str:
    return reverse("passkey-challenge") if PASSKEYS in kinds else ""
