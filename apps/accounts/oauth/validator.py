"""What imsite decides differently from the toolkit: whom a program serves, where it may lead, what it gets.

Every way to a token ends in `_save_bearer_token`, so what must never happen is refused there once more.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.utils import scope_to_list

from apps.accounts.models import Registration, User
from apps.accounts.oauth.asked import refuse_foreign, refuse_what_is_not_offered
from apps.accounts.oauth.core import TENANT
from apps.accounts.oauth.identity import IdentityTokens
from apps.accounts.services.applications import CALLBACK_PATH, WEB_CLIENT_ID
from apps.accounts.services.chains import close_sessions_with, end_chain_with
from apps.accounts.services.client_secrets import is_ours, is_right
from apps.accounts.services.codes import end_replayed, find_code, note_code, redeem
from apps.accounts.services.exchanges import hold_code, hold_refresh_token, hold_user
from apps.accounts.services.factors import wants_second_factor
from apps.accounts.services.passwords import is_too_old
from apps.accounts.services.redirects import is_own_callback, matches
from apps.accounts.services.serving import available_scopes, is_served, standing_of
from apps.accounts.services.thefts import at_stake, tell_if_ended
from apps.accounts.services.trail import note
from apps.accounts.ways import method_of


class _Replayed(Exception):
    """Somebody else has exchanged this code in the meantime, or what ends codes has ended it."""


class Validator(IdentityTokens, OAuth2Validator):  # type: ignore[misc]  # the base is untyped
    """The rules. Methods are named by the library, which calls them in an order of its own."""

    def _load_application(self, client_id: str, request: Any) -> Any:
        """Find a program that works here; one of another tenant is as unknown to a person as one that never was."""
        application = super()._load_application(client_id, request)
        standing = None if application is None else standing_of(application)
        asking = request.headers.get(TENANT)
        if standing is None or (asking is not None and not standing.serves(asking)):
            request.client = None
            return None
        return application

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        if is_ours(stored_secret):
            return is_right(provided_secret, stored_secret)
        return bool(super()._check_secret(provided_secret, stored_secret))

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Accept the registered addresses, letter by letter, and for the web client its callback where it came from."""
        if client_id == WEB_CLIENT_ID and is_own_callback(
            redirect_uri,
            path=CALLBACK_PATH,
            host=request.headers.get("HTTP_HOST", ""),
            secure="X_DJANGO_OAUTH_TOOLKIT_SECURE" in request.headers,
            allowed_origins=settings.IM_ALLOWED_ORIGINS,
        ):
            return True
        return matches(redirect_uri, request.client.redirect_uris.split())

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Always. The library asks this of every authorization request whose address it has found to be right."""
        if request.response_type is not None:
            refuse_what_is_not_offered(request)
        return True

    def validate_silent_login(self, request: Any) -> bool:
        """Leave it to the endpoint, which knows the browser's session, whether `prompt=none` may go on."""
        return True

    def validate_silent_authorization(self, request: Any) -> bool:
        """The same for what she has allowed before."""
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Let own programs alone ask for passwords, and service accounts alone come in by client credentials."""
        if not super().validate_grant_type(client_id, grant_type, client, request, *args, **kwargs):
            return False
        standing = standing_of(client)
        if grant_type == "password":
            return standing is not None and standing.kind == Registration.Kind.OWN
        return grant_type != "client_credentials" or _is_working(client.user)

    def validate_user(self, username: str, password: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Accept a password where it is all that is asked of somebody; who needs more signs in by a page."""
        if not super().validate_user(username, password, client, request, *args, **kwargs):
            return False
        if wants_second_factor(request.user):
            raise errors.InvalidGrantError(
                description="This account needs a second factor: use the authorization code flow.", request=request
            )
        if is_too_old(request.user, now=timezone.now()):
            raise errors.InvalidGrantError(
                description="This password has to be changed: use the authorization code flow.", request=request
            )
        return True

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Accept a code once. One that was used before ends what it was exchanged for."""
        if not super().validate_code(client_id, code, client, request, *args, **kwargs):
            end_replayed(code, application=client)
            return False
        request.issued_code = find_code(code, application=client)
        request.scopes = _still_available(request.scopes, client)
        is_known = request.issued_code is not None and bool(request.scopes)
        return is_known and _may_sign_in(request.user) and is_served(request.user, client)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Refuse also for users who may not sign in any more, and for programs that do not serve them."""
        stake = at_stake(refresh_token)
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            close_sessions_with(refresh_token, application=client)  # a stolen one has ended the whole chain
            tell_if_ended(stake, now=timezone.now())
            return False
        is_served_still = _may_sign_in(request.user) and is_served(request.user, client)
        return is_served_still and bool(self.get_original_scopes(refresh_token, request))

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        """Return what a refresh token is for, without what its program may not ask for any more."""
        scopes = super().get_original_scopes(refresh_token, request, *args, **kwargs)
        return _still_available(scope_to_list(scopes), request.client)

    def validate_bearer_token(self, token: str, scopes: Any, request: Any) -> bool:
        """Refuse also the tokens of users who may not sign in any more (userinfo asks this)."""
        return bool(super().validate_bearer_token(token, scopes, request)) and _may_sign_in(request.user)

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """Take a token back with all of its chain (RFC 7009 §2.1), and close the sessions that it let in.

        A program whose last refresh's answer got lost, or who is just refreshing, knows a former token only.
        """
        with transaction.atomic():
            close_sessions_with(token, application=request.client)
            end_chain_with(token, application=request.client, now=timezone.now())
            super().revoke_token(token, token_type_hint, request, *args, **kwargs)

    def _check_and_set_request_resource(self, request: Any) -> None:
        super()._check_and_set_request_resource(request)
        refuse_foreign(request, request.resource)

    def is_origin_allowed(self, client_id: str, origin: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Let scripts of those origins read the answer that the program may be led back to."""
        addresses = (urlsplit(address) for address in request.client.redirect_uris.split())
        return origin in {f"{address.scheme}://{address.netloc}" for address in addresses}

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the tokens; of two exchanges of one code at the same time the second one ends both."""
        try:
            return super().save_bearer_token(token, request, *args, **kwargs)
        except _Replayed:
            end_replayed(request.code, application=request.client)
            raise errors.InvalidGrantError(request=request) from None

    def _save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        user = request.client.user if request.grant_type == "client_credentials" else request.user
        if not (is_served(user, request.client) and hold_user(user) and _is_still_worth(request)):
            raise errors.InvalidGrantError(request=request)
        super()._save_bearer_token(token, request, *args, **kwargs)
        if request.grant_type == "password":
            after = {"by": method_of(user), "program": str(request.client)}
            note("accounts.user.signed_in", user, now=timezone.now(), after=after)

    def _create_access_token(
        self, expires: Any, request: Any, token: dict[str, Any], source_refresh_token: Any = None
    ) -> Any:
        if request.grant_type == "client_credentials":
            request.user = request.client.user
        return super()._create_access_token(expires, request, token, source_refresh_token)

    def _create_refresh_token(self, request: Any, refresh_token_code: str, access_token: Any, previous: Any) -> Any:
        made = super()._create_refresh_token(request, refresh_token_code, access_token, previous)
        if request.grant_type == "authorization_code" and not redeem(request.issued_code, made.token_family):
            raise _Replayed
        return made

    def _create_authorization_code(self, request: Any, code: dict[str, Any], expires: Any = None) -> Any:
        grant = super()._create_authorization_code(request, code, expires)
        note_code(
            code["code"],
            user=request.user,
            application=request.client,
            signed_in_at=request.signed_in_at,
            amr=request.amr,
            now=grant.created,
        )
        return grant


def _still_available(scopes: list[str], application: Any) -> list[str]:
    available = available_scopes(application)
    return [scope for scope in scopes if scope in available]


def _is_still_worth(request: Any) -> bool:
    """Lock what is exchanged, and tell whether that may still be done. Raises _Replayed for a code that is gone."""
    used = getattr(request, "refresh_token_instance", None)
    if used is not None:
        return hold_refresh_token(used)
    if request.grant_type == "authorization_code" and not hold_code(request.code, application=request.client):
        raise _Replayed
    return True


def _may_sign_in(user: Any) -> bool:
    return isinstance(user, User) and user.is_active and user.tenant.is_active


def _is_working(user: Any) -> bool:
    """Tell whether this is a service account that may do anything."""
    return _may_sign_in(user) and user.kind == User.Kind.SERVICE
