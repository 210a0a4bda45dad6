"""OpenID Connect: what this provider is (discovery), its keys, who somebody is, and signing out."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.exceptions import (
    ClientIdMissmatch,
    InvalidIDTokenError,
    InvalidOIDCClientError,
    InvalidOIDCRedirectURIError,
)
from oauth2_provider.models import get_application_model
from oauth2_provider.views import RPInitiatedLogoutView, UserInfoView

from apps.accounts.oauth.core import issuer_of
from apps.accounts.oauth.endpoints import GRANT_TYPES
from apps.accounts.oauth.identity import IdentityTokens, find_id_token, read_id_token
from apps.accounts.oauth.parameters import BoundedParameters
from apps.accounts.services.endings import end_program
from apps.accounts.services.keys import RS256, keys
from apps.accounts.services.redirects import matches
from apps.accounts.services.scopes import scope_texts
from apps.accounts.services.serving import standing_of

MAX_AGE_S = 3600
"""How long others may keep what is published here. New keys are published a day before they sign."""


def configuration(request: HttpRequest) -> HttpResponse:
    """Say what there is, and where (OpenID Connect Discovery §3, RFC 8414)."""
    issuer = issuer_of(request)

    def at(name: str) -> str:
        return issuer + reverse(f"oauth2_provider:{name}")

    return _published(
        {
            "issuer": issuer,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "userinfo_endpoint": at("user-info"),
            "jwks_uri": at("jwks-info"),
            "revocation_endpoint": at("revoke-token"),
            "introspection_endpoint": at("introspect"),
            "end_session_endpoint": at("rp-initiated-logout"),
            "scopes_supported": list(scope_texts()),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": sorted(GRANT_TYPES),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [RS256],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": [
                *IdentityTokens.oidc_claim_scope,
                *("iss", "aud", "exp", "iat", "auth_time", "amr", "nonce", "at_hash"),
            ],
            "prompt_values_supported": ["none", "login", "consent"],
            "authorization_response_iss_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "claims_parameter_supported": False,
            "ui_locales_supported": ["en", "zh-Hans"],
        }
    )


def key_set(request: HttpRequest) -> HttpResponse:
    """Publish the keys that our signatures are checked with (RFC 7517)."""
    return _published(keys.public_keys())


@method_decorator(csrf_exempt, name="dispatch")
class BoundedUserInfoView(BoundedParameters, UserInfoView):  # type: ignore[misc]  # the base is untyped
    """Who somebody is, for a program that shows her token (OpenID Connect Core §5.3)."""


class LogoutView(BoundedParameters, RPInitiatedLogoutView):  # type: ignore[misc]  # the base is untyped
    """Signing out here because she signed out there (OpenID Connect RP-Initiated Logout §2).

    She is asked first, unless the program shows the identity token of the very person who is signed in.
    """

    template_name = "accounts/signed_out.html"

    def validate_logout_request_user(self, id_token_hint: str | None, client_id: str | None) -> Any:
        """Return the row of an identity token that we signed, for this program. Raises an OIDCError."""
        if not id_token_hint:
            return None
        claims = read_id_token(id_token_hint)
        row = None if claims is None else find_id_token(claims)
        if claims is None or row is None or claims.get("iss") != issuer_of(self.request):
            raise InvalidIDTokenError
        if client_id and row.application.client_id != client_id:
            raise ClientIdMissmatch
        return row

    def get_request_application(self, id_token: Any, client_id: str | None) -> Any:
        """Return the program that asks. Raises InvalidOIDCClientError for one that is not known here."""
        found = id_token.application if id_token is not None else None
        if found is None and client_id:
            found = get_application_model().objects.filter(client_id=client_id).first()
            if found is None or standing_of(found) is None:
                raise InvalidOIDCClientError
        return found

    def validate_post_logout_redirect_uri(self, application: Any, post_logout_redirect_uri: str | None) -> None:
        """Let nobody be led anywhere but where the program said beforehand. Raises an OIDCError."""
        if not post_logout_redirect_uri:
            return
        if application is None:
            raise InvalidOIDCClientError
        if not matches(post_logout_redirect_uri, application.post_logout_redirect_uris.split()):
            raise InvalidOIDCRedirectURIError("This address is not registered.")

    def do_logout(
        self,
        application: Any = None,
        post_logout_redirect_uri: str | None = None,
        state: str | None = None,
        token_user: Any = None,
    ) -> HttpResponse:
        """End the browser's session, and what this program holds of her; her other programs stay signed in."""
        person = self.request.user if self.request.user.is_authenticated else None
        if application is not None and person is not None and (token_user is None or token_user == person):
            end_program(application, user=person)
        answer: HttpResponse = super().do_logout(application, post_logout_redirect_uri, state, token_user)
        return answer


def _published(document: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(document)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response
