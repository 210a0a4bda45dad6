"""Endpoints that programs ask: tokens, taking them back, and asking what one is worth. No person sees them."""

import logging
from math import ceil
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from oauth2_provider.models import get_access_token_model
from oauth2_provider.views import RevokeTokenView, TokenView
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.common import Request as ProtocolRequest

from apps.accounts.backends import client_address, sign_in_name
from apps.accounts.errors import SignInBusy, SignInLimited
from apps.accounts.oauth.core import issuer_of
from apps.accounts.oauth.parameters import BoundedParameters, refusal
from apps.accounts.policies import lives
from apps.accounts.services.serving import is_served
from apps.accounts.services.sign_in import guard
from apps.accounts.services.tokens import checksum_of
from apps.common.errors import Unavailable
from apps.tenants.errors import TenantConflict, TenantNotFound

logger = logging.getLogger(__name__)

GRANT_TYPES: Final = frozenset({"password", "authorization_code", "refresh_token", "client_credentials"})


@method_decorator(csrf_exempt, name="dispatch")
class BoundedRevokeTokenView(BoundedParameters, RevokeTokenView):  # type: ignore[misc]  # the base is untyped
    """The revocation endpoint (RFC 7009)."""


@method_decorator(csrf_exempt, name="dispatch")
class GuardedTokenView(BoundedParameters, TokenView):  # type: ignore[misc]  # the base is untyped
    """The token endpoint. Answers 429 while there are too many failed sign-ins, 503 in a rush or without a database."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Exchange a password, a code, a refresh token or a program's own secret for tokens (RFC 6749)."""
        grant_type = request.POST.get("grant_type", "")
        if grant_type not in GRANT_TYPES:
            return refusal("unsupported_grant_type", f"Grant types here: {', '.join(sorted(GRANT_TYPES))}.", status=400)
        try:
            if grant_type == "password":
                login = sign_in_name(request, request.POST.get("username", ""))
                guard.check(login=login, address=client_address(request))
            answer: HttpResponse = super().post(request, *args, **kwargs)
        except SignInLimited as error:
            return refusal(error.code, error.text, status=error.status, wait_s=ceil(error.retry_after_ms / 1000))
        except (TenantNotFound, TenantConflict) as error:
            return refusal("invalid_request", error.text, status=400)
        except SignInBusy as error:
            wait_s = ceil(error.retry_after_ms / 1000)
            return refusal("temporarily_unavailable", error.text, status=error.status, wait_s=wait_s)
        except (OperationalError, InterfaceError):
            logger.exception("database unavailable to the token endpoint")
            return refusal("temporarily_unavailable", str(Unavailable.message), status=503, wait_s=1)
        return answer


@method_decorator(csrf_exempt, name="dispatch")
class IntrospectTokenView(BoundedParameters, OAuthLibMixin, View):  # type: ignore[misc]  # a base is untyped
    """What an access token is worth (RFC 7662), for programs that can keep a secret and about their own people.

    Anything else about a token, be it unknown, over or another tenant's, is the same answer: not active.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a program that shows its secret."""
        client = self._client(request)
        if client is None:
            response = refusal(
                "invalid_client", "Only programs with a secret may ask, and have to show it.", status=401
            )
            response["WWW-Authenticate"] = 'Basic realm="imsite"'
            return response
        if not request.POST.get("token"):
            return refusal("invalid_request", "The parameter token is missing.", status=400)
        answer = JsonResponse(self._worth(request, client))
        answer["Cache-Control"] = "no-store"
        return answer

    def _client(self, request: HttpRequest) -> Any:
        """Return the confidential program that asks, once it has shown its secret."""
        core = self.get_oauthlib_core()
        uri, method, body, headers = core._extract_params(request)
        asked = ProtocolRequest(uri, method, body, headers)
        if not core.server.request_validator.authenticate_client(asked):
            return None
        return asked.client if asked.client.client_type == "confidential" else None

    def _worth(self, request: HttpRequest, client: Any) -> dict[str, Any]:
        rows = get_access_token_model().objects.select_related("user__tenant", "application")
        token = rows.filter(token_checksum=checksum_of(request.POST["token"])).first()
        if token is None or token.user is None or token.application is None or not is_served(token.user, client):
            return {"active": False}
        user = token.user
        if not lives(
            expires=token.expires,
            user_is_active=user.is_active,
            tenant_status=user.tenant.status,
            now=timezone.now(),
        ):
            return {"active": False}
        return {
            "active": True,
            "scope": token.scope,
            "client_id": token.application.client_id,
            "username": user.login,
            "sub": str(user.pk),
            "token_type": "Bearer",
            "exp": int(token.expires.timestamp()),
            "iat": int(token.created.timestamp()),
            "iss": issuer_of(request),
        }
