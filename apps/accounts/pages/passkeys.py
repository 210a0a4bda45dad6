"""Passkeys, for the scripts of the pages: asking for a challenge, and answering it. JSON in, JSON out.

A challenge is kept in the session, is good for one answer and a few minutes, and for one purpose. Whether a person may
ask for it is the purpose's to say.
"""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from webauthn import options_to_json
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.structs import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions

from apps.accounts.errors import ProofWrong, SignInExpired
from apps.accounts.models import User
from apps.accounts.services import entry, passkeys
from apps.accounts.services.known_browsers import remember
from apps.common.errors import ImError, InvalidInput

CHALLENGE_S: Final = 300
MAX_BODY_BYTES: Final = 32_768
SIGN_IN, FACTOR, CONFIRM, REGISTER, ENROL = "sign_in", "factor", "confirm", "register", "enrol"
_KEPT: Final = "passkey_challenge"

F = TypeVar("F", bound=msgspec.Struct)
View = Callable[[HttpRequest], HttpResponse]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a challenge is for."""

    purpose: str


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an authenticator said, and what the page wants with it."""

    purpose: str
    credential: dict[str, Any]
    next: str = ""
    name: str = ""


def answering_json(view: View) -> View:
    """Let a view raise anticipated errors: they are answered with their words."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except ImError as error:
            return JsonResponse({"code": error.code, "detail": error.text}, status=error.status)

    return answer


@require_POST
@never_cache
@answering_json
def challenge(request: HttpRequest) -> HttpResponse:
    """Return what the browser's authenticator needs, and keep the challenge."""
    purpose = _read(request, Asked).purpose
    place = passkeys.place_of(request)
    user = _person_of(request, purpose)
    options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions
    if purpose in {REGISTER, ENROL} and user is not None:
        options = passkeys.offer_registration(user, place)
    else:
        options = passkeys.offer_sign_in(place, user=user)
    request.session[_KEPT] = {"purpose": purpose, "at": time.time(), "value": bytes_to_base64url(options.challenge)}
    return JsonResponse(json.loads(options_to_json(options)))


@require_POST
@never_cache
@answering_json
def answer(request: HttpRequest) -> HttpResponse:
    """Check what the authenticator said, do what it was asked for, and return where to go on."""
    given = _read(request, Answered)
    value = _take_challenge(request, given.purpose)
    user = _person_of(request, given.purpose)
    credential = json.dumps(given.credential)
    place, now = passkeys.place_of(request), timezone.now()
    if given.purpose in {REGISTER, ENROL} and user is not None:
        passkeys.register(user, credential, name=given.name, challenge=value, place=place, now=now)
        following = _registered(request, given.purpose)
    else:
        user = passkeys.prove(credential, challenge=value, place=place, now=now, user=user)
        following = _proved(request, given.purpose, user, given.next)
    response = JsonResponse({"next": following})
    if request.user.is_authenticated:
        remember(request, response, user)
    return response


def _registered(request: HttpRequest, purpose: str) -> str:
    if purpose == ENROL:
        return entry.step_passed(request, entry.ENROL, proof="passkey")
    return reverse("account-factors")


def _proved(request: HttpRequest, purpose: str, user: User, following: str) -> str:
    if purpose == FACTOR:
        return entry.step_passed(request, entry.FACTOR, proof="passkey")
    if purpose == CONFIRM:
        entry.confirmed(request)
        return entry.safe_next(request, following)
    return entry.first_factor_passed(request, user, method="passkey", next_url=following)


def _person_of(request: HttpRequest, purpose: str) -> User | None:
    """Return who may use a challenge for this; None: whoever signs in by it. Raises SignInExpired, InvalidInput."""
    if purpose == SIGN_IN:
        return None
    if purpose in {FACTOR, ENROL}:
        return entry.pending_sign_in(request, entry.FACTOR if purpose == FACTOR else entry.ENROL)[1]
    if purpose not in {CONFIRM, REGISTER}:
        raise InvalidInput(field="purpose", reason="unknown")
    user = request.user
    if not isinstance(user, User) or (purpose == REGISTER and not entry.is_recent(request)):
        raise SignInExpired
    return user


def _take_challenge(request: HttpRequest, purpose: str) -> bytes:
    """Return the challenge of this session, once. Raises ProofWrong."""
    kept = request.session.pop(_KEPT, None)
    if not isinstance(kept, dict) or kept.get("purpose") != purpose:
        raise ProofWrong
    if not 0 <= time.time() - kept.get("at", 0) <= CHALLENGE_S:
        raise ProofWrong
    return passkeys.read_challenge(kept.get("value"))


def _read(request: HttpRequest, form: type[F]) -> F:
    """Return the body in this form. Raises InvalidInput."""
    if len(request.body) > MAX_BODY_BYTES:
        raise InvalidInput(field="body", reason="too long")
    try:
        return msgspec.json.decode(request.body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(field="body", reason=str(error)) from error
