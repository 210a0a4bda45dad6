"""OAuth2 as imsite offers it: authorization code with PKCE, password grant, refresh and revocation, nothing else.

The protocol is django-oauth-toolkit's; here is what an installation of ours needs on top: the web client may return to
the origin it came from, whatever port or host name that is, guessing passwords is slowed down, and a refresh whose
answer got lost may be asked again although tokens are kept as digests only.
"""

import logging
from collections.abc import Iterable
from math import ceil
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import get_access_token_model
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.views import AuthorizationView, RevokeTokenView, TokenView

from apps.accounts.backends import client_address, sign_in_name
from apps.accounts.errors import SignInBusy, SignInLimited
from apps.accounts.services.applications import CALLBACK_PATH, WEB_CLIENT_ID
from apps.accounts.services.sign_in import guard
from apps.common.errors import Unavailable
from apps.tenants.errors import TenantConflict, TenantNotFound

logger = logging.getLogger(__name__)

MAX_FIELD_CHARS: Final = 8192
_COLUMN_CHARS: Final = {"client_id": 255, "code_challenge": 128, "nonce": 255}
"""Parameters that the toolkit stores, or looks up, without asking whether they fit."""

GRANT_TYPES: Final = frozenset({"password", "authorization_code", "refresh_token"})


def is_own_callback(redirect_uri: str, *, host: str, secure: bool) -> bool:
    """Tell whether `redirect_uri` is the web client's callback on this very host, or on an origin of the settings.

    A request that came over TLS may not send its code over plain HTTP; the other way round is a proxy ending TLS.
    """
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    if parts.path != CALLBACK_PATH or parts.query or parts.fragment or "@" in parts.netloc:
        return False
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin in settings.IM_ALLOWED_ORIGINS:
        return True
    return bool(host) and parts.netloc == host and parts.scheme in ({"https"} if secure else {"http", "https"})


class Validator(OAuth2Validator):  # type: ignore[misc]  # the base is untyped
    """What imsite decides differently from the toolkit."""

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Accept the registered addresses, and for the web client its callback on the origin it was loaded from."""
        if client_id == WEB_CLIENT_ID and is_own_callback(
            redirect_uri,
            host=request.headers.get("HTTP_HOST", ""),
            secure="X_DJANGO_OAUTH_TOOLKIT_SECURE" in request.headers,
        ):
            return True
        return bool(super().validate_redirect_uri(client_id, redirect_uri, request, *args, **kwargs))

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Refuse also for users who may not sign in any more."""
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return False
        return bool(request.user.is_active and request.user.tenant.is_active)

    def _save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        # A refresh token used a second time within its grace period: the toolkit would hand out the first answer's
        # tokens again, but only their digests are kept. Unbound from it, they leave room for a fresh pair.
        used = getattr(request, "refresh_token_instance", None)
        if used is not None and used.revoked is not None:
            get_access_token_model().objects.filter(source_refresh_token=used).update(source_refresh_token=None)
        super()._save_bearer_token(token, request, *args, **kwargs)


class Core(OAuthLibCore):  # type: ignore[misc]  # the base is untyped
    """Reads requests as RFC 6749 §3.1 wants it: a parameter without a value counts as left out.

    Otherwise an empty `code_challenge` would pass for one, and the code would be bound to nothing.
    """

    def _get_escaped_full_path(self, request: HttpRequest) -> str:
        path, mark, query = str(super()._get_escaped_full_path(request)).partition("?")
        return path + mark + "&".join(part for part in query.split("&") if part.partition("=")[2])


class BoundedParameters:
    """Mixin of views: refuses parameters that no client of ours sends and the database could not hold."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 400 to a NUL character or a parameter that is too long; let anything else through."""
        given = (*request.GET.lists(), *request.POST.lists())
        if any(_is_unfit(name, values) for name, values in given):
            return _refusal("invalid_request", "A parameter is too long or holds a NUL character.", status=400)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a view's
        return answer


class BoundedAuthorizationView(BoundedParameters, AuthorizationView):  # type: ignore[misc]  # the base is untyped
    """The authorization endpoint."""


@method_decorator(csrf_exempt, name="dispatch")
class BoundedRevokeTokenView(BoundedParameters, RevokeTokenView):  # type: ignore[misc]  # the base is untyped
    """The revocation endpoint (RFC 7009)."""


@method_decorator(csrf_exempt, name="dispatch")
class GuardedTokenView(BoundedParameters, TokenView):  # type: ignore[misc]  # the base is untyped
    """The token endpoint. Answers 429 while there are too many failed sign-ins, 503 in a rush or without a database."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Exchange a password, a code or a refresh token for tokens (RFC 6749)."""
        grant_type = request.POST.get("grant_type", "")
        if grant_type not in GRANT_TYPES:
            return _refusal(
                "unsupported_grant_type", f"Grant types here: {', '.join(sorted(GRANT_TYPES))}.", status=400
            )
        try:
            if grant_type == "password":
                login = sign_in_name(request, request.POST.get("username", ""))
                guard.check(login=login, address=client_address(request))
            answer: HttpResponse = super().post(request, *args, **kwargs)
        except SignInLimited as error:
            return _refusal(error.code, error.text, status=error.status, wait_s=ceil(error.retry_after_ms / 1000))
        except (TenantNotFound, TenantConflict) as error:
            return _refusal("invalid_request", error.text, status=400)
        except SignInBusy as error:
            wait_s = ceil(error.retry_after_ms / 1000)
            return _refusal("temporarily_unavailable", error.text, status=error.status, wait_s=wait_s)
        except (OperationalError, InterfaceError):
            logger.exception("database unavailable to the token endpoint")
            return _refusal("temporarily_unavailable", str(Unavailable.message), status=503, wait_s=1)
        return answer


def _is_unfit(name: str, values: Iterable[str | object]) -> bool:
    limit = _COLUMN_CHARS.get(name, MAX_FIELD_CHARS)
    return "\0" in name or any("\0" in str(value) or len(str(value)) > limit for value in values)


def _refusal(code: str, text: str, *, status: int, wait_s: int = 0) -> HttpResponse:
    response = JsonResponse({"error": code, "error_description": text}, status=status)
    response["Cache-Control"] = "no-store"
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


urlpatterns = [
    path("authorize/", BoundedAuthorizationView.as_view(), name="authorize"),
    path("token/", GuardedTokenView.as_view(), name="token"),
    path("revoke_token/", BoundedRevokeTokenView.as_view(), name="revoke-token"),
]
