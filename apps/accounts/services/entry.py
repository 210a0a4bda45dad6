"""The one door to pages: how a proved first factor becomes a session, by way of whatever else is asked.

Whoever has made sure of a first factor (the password page, a passkey, another site, a directory) hands the person over
here and sends the browser where this says. What is still missing (a second factor, having one at all, a password that
is not too old) is parked in the session, which is nobody's until all of it is there.
"""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, login
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.errors import SignInExpired, SignInRefused
from apps.accounts.models import User
from apps.accounts.services.factors import has_second_factor, is_demanded
from apps.accounts.services.passwords import is_too_old
from apps.accounts.services.trail import note
from apps.common.retry import run_in_transaction
from apps.common.wall.binding import unbound

METHODS: Final = frozenset({"password", "ldap", "passkey", "oidc", "saml", "feishu", "dingtalk", "wecom", "weixin"})
BACKEND: Final = "apps.accounts.backends.TenantBackend"
"""Finds the person of a session again, however she came in."""

FACTOR, ENROL, RENEW = "factor", "enrol", "renew"
PAGES: Final = {FACTOR: "second-factor", ENROL: "account-enrol", RENEW: "account-renew"}
"""What may be missing, in this order, and the page that asks for it."""
STEP_S: Final = {FACTOR: 300, ENROL: 900, RENEW: 900}
"""How long each may take; then the sign-in begins anew."""
MAX_TRIES: Final = 5
"""Wrong codes of one sign-in; the lock-out of `factors.prove` counts beyond it."""
RECENT_S: Final = 600
MAX_NEXT_CHARS: Final = 4_000
"""Of an address to go on to: enough for what a program asks for. A longer one is forgotten, not cut."""

_PENDING: Final = "pending_sign_in"
_SIGNED_IN_AT: Final = "signed_in_at"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way: who, by which first factor, what is missing, where to go, since when (unix s), tries."""

    user: str
    method: str
    missing: tuple[str, ...]
    proofs: tuple[str, ...]
    next: str
    at: float
    tries: int = 0


def first_factor_passed(request: HttpRequest, user: User, *, method: str, next_url: str = "") -> str:
    """Return where to send the browser of somebody who proved a first factor: on, or to what is still missing.

    A passkey counts as two factors. Raises SignInRefused for an account that may not sign in to pages.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}")
    require_person(user)
    target = safe_next(request, next_url)
    with unbound():
        missing = _missing(user, method)
        if not missing:
            return _complete(request, user, method=method, proofs=(method,), target=target)
    _leave(request)
    return _park(request, Pending(user.pk.hex, method, missing, (method,), target, time.time()))


def step_passed(request: HttpRequest, step: str, *, proof: str = "") -> str:
    """Return where to send the browser once what was missing is there. Raises SignInExpired."""
    pending, user = pending_sign_in(request, step)
    proofs = (*pending.proofs, proof) if proof else pending.proofs
    missing = pending.missing[1:]
    if missing:
        return _park(request, Pending(pending.user, pending.method, missing, proofs, pending.next, time.time()))
    with unbound():
        return _complete(request, user, method=pending.method, proofs=proofs, target=pending.next)


def pending_sign_in(request: HttpRequest, step: str) -> tuple[Pending, User]:
    """Return the sign-in that waits for this step, and whose it is. Raises SignInExpired, SignInRefused. One query."""
    pending = _read(request.session.get(_PENDING))
    if pending is None or pending.missing[0] != step or not 0 <= time.time() - pending.at <= STEP_S[step]:
        request.session.pop(_PENDING, None)
        raise SignInExpired
    with unbound():
        user = User.unscoped.select_related("tenant").filter(pk=pending.user).first()
    if user is None:
        raise SignInExpired
    require_person(user)
    return pending, user


def note_wrong_try(request: HttpRequest) -> None:
    """Count a wrong code of the sign-in under way; after MAX_TRIES it is over. Raises SignInExpired then."""
    pending = _read(request.session.get(_PENDING))
    if pending is None or pending.tries + 1 >= MAX_TRIES:
        request.session.pop(_PENDING, None)
        raise SignInExpired
    request.session[_PENDING] = asdict(replace(pending, tries=pending.tries + 1))


def is_recent(request: HttpRequest, within_s: int = RECENT_S) -> bool:
    """Tell whether the person of this session proved who she is so lately that she may change how she does."""
    at = request.session.get(_SIGNED_IN_AT)
    return isinstance(at, int | float) and 0 <= time.time() - at <= within_s


def confirmed(request: HttpRequest) -> None:
    """Remember that the person of this session has just proved once more who she is."""
    request.session[_SIGNED_IN_AT] = int(time.time())


def confirm_url(request: HttpRequest) -> str:
    """Return the page that asks for a proof and leads back to where the request wanted to go."""
    back = request.get_full_path() if request.method == "GET" else request.path
    return f"{reverse('account-confirm')}?{urlencode({'next': back})}"


def safe_next(request: HttpRequest, url: str) -> str:
    """Return the address if it is one of this site, else the start page."""
    return own_address(request, url) or resolve_url(settings.LOGIN_REDIRECT_URL)


def own_address(request: HttpRequest, url: str) -> str:
    """Return the address if it is one of this site, else nothing: nobody is led elsewhere (RFC 9700 §4.11)."""
    is_own = 0 < len(url) <= MAX_NEXT_CHARS and url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_own else ""


def require_person(user: User) -> None:
    """Raises SignInRefused for who may not come in by pages: switched off, of a closed tenant, or a program."""
    if not (user.is_active and user.tenant.is_active and user.kind == User.Kind.PERSON):
        raise SignInRefused


def _missing(user: User, method: str) -> tuple[str, ...]:
    missing = []
    if method != "passkey":
        if has_second_factor(user):
            missing.append(FACTOR)
        elif is_demanded(user):
            missing.append(ENROL)
    if method == "password" and is_too_old(user, now=timezone.now()):
        missing.append(RENEW)
    return tuple(missing)


def _park(request: HttpRequest, pending: Pending) -> str:
    request.session[_PENDING] = asdict(pending)
    request.session.cycle_key()  # whoever knew the key before the first factor has nothing of what follows
    return reverse(PAGES[pending.missing[0]])


def _leave(request: HttpRequest) -> None:
    """Forget who was signed in here before: while a sign-in is under way the session is nobody's."""
    if SESSION_KEY in request.session or BACKEND_SESSION_KEY in request.session:
        request.session.flush()


def _complete(request: HttpRequest, user: User, *, method: str, proofs: tuple[str, ...], target: str) -> str:
    """Make the session hers. Its key changes, whatever it was (session fixation)."""
    request.session.pop(_PENDING, None)
    now = timezone.now()

    def enter() -> None:
        login(request, user, backend=BACKEND)
        note("accounts.user.signed_in", user, now=now, after={"by": ", ".join(proofs)})

    run_in_transaction(enter)
    request.session[_SIGNED_IN_AT] = int(now.timestamp())
    request.session["method"] = method
    request.session["amr"] = amr_of(proofs)
    return target


def amr_of(proofs: tuple[str, ...]) -> list[str]:
    """Return the authentication methods in the words of RFC 8176."""
    words = {"password": "pwd", "ldap": "pwd", "passkey": "hwk", "otp": "otp", "recovery": "kba"}
    found = {words.get(proof, proof) for proof in proofs}
    if len(proofs) > 1 or proofs == ("passkey",):
        found.add("mfa")
    return sorted(found)


def _read(stored: Any) -> Pending | None:
    """Return what is parked; None for nothing, or for what another release parked in another form."""
    try:
        parts = dict(stored or {})
        pending = Pending(**{**parts, "missing": tuple(parts["missing"]), "proofs": tuple(parts["proofs"])})
    except (TypeError, ValueError, KeyError):
        return None
    return pending if pending.missing and pending.missing[0] in PAGES else None
