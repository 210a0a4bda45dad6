"""Identity tokens (OpenID Connect Core §2): what they say of a person, and who may believe them.

They are signed by the installation's own keys, whatever the toolkit's row says of an algorithm, and read back by them:
a token that names another algorithm or none is nobody's.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.utils import timezone
from oauth2_provider.models import get_id_token_model
from oauth2_provider.settings import oauth2_settings

from apps.accounts.errors import TokenInvalid
from apps.accounts.oauth.core import ISSUER, PERSON
from apps.accounts.services.keys import RS256, keys

TYP: Final = "JWT"


class IdentityTokens:
    """The part of the validator that is about who somebody is."""

    oidc_claim_scope: Final = {
        "sub": "openid",
        "name": "profile",
        "preferred_username": "profile",
        "locale": "profile",
        "tenant": "profile",
        "email": "email",
        "email_verified": "email",
    }

    def get_additional_claims(self) -> dict[str, Any]:
        """Return what is known beside the id, by claim. Addresses are what an administrator wrote, so not verified."""
        return {
            "name": lambda request: request.user.display_name,
            "preferred_username": lambda request: request.user.login,
            "locale": lambda request: request.user.locale,
            "tenant": lambda request: request.user.tenant.slug,
            "email": lambda request: request.user.email,
            "email_verified": lambda request: False,
        }

    def get_oidc_claims(self, token: Any, token_handler: Any, request: Any) -> dict[str, Any]:
        """Return what the scopes let one know, without what is empty."""
        claims: dict[str, Any] = super().get_oidc_claims(token, token_handler, request)  # type: ignore[misc]  # a mixin
        if not claims.get("email"):
            claims.pop("email_verified", None)
        return {name: value for name, value in claims.items() if value != ""}

    def get_oidc_issuer_endpoint(self, request: Any) -> str:
        """Return the origin that was asked."""
        return str(request.headers[ISSUER])

    def validate_user_match(self, id_token_hint: str | None, scopes: Any, claims: Any, request: Any) -> bool:
        """Tell whether who is signed in is whom the program means (OpenID Connect Core §3.1.2.1, `id_token_hint`).

        A token that we can't read, any more or ever, means nobody.
        """
        meant = read_id_token(id_token_hint) if id_token_hint else None
        return meant is None or meant.get("sub") == request.headers[PERSON]

    def refresh_id_token(self, request: Any) -> bool:
        """Refreshing tells nothing new of how somebody signed in (OpenID Connect Core §12.2)."""
        return False

    def finalize_id_token(self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Any) -> str:
        """Return the signed token, and keep which program it is of, for when it comes back as a hint."""
        now, issued = timezone.now(), request.issued_code
        lifetime = timedelta(seconds=oauth2_settings.ID_TOKEN_EXPIRE_SECONDS)
        jti = uuid4()
        claims = {
            **id_token,
            **self.get_oidc_claims(token, token_handler, request),
            "iss": self.get_oidc_issuer_endpoint(request),
            "exp": int((now + lifetime).timestamp()),
            "auth_time": int(issued.signed_in_at.timestamp()),
            "jti": str(jti),
        }
        if issued.amr:
            claims["amr"] = issued.amr.split()
        if "nonce" not in claims and request.nonce:
            claims["nonce"] = request.nonce
        signed = keys.sign(claims, algorithm=RS256, typ=TYP)
        self._save_id_token(jti, request, now + lifetime)  # type: ignore[attr-defined]  # the validator's
        return signed

    def _load_id_token(self, token: str) -> Any:
        claims = read_id_token(token)
        return None if claims is None else find_id_token(claims)


def read_id_token(token: str) -> dict[str, Any] | None:
    """Return what an identity token says that we signed, expired or not; None for any other."""
    try:
        return keys.verify(token, algorithm=RS256, typ=TYP)
    except TokenInvalid:
        return None


def find_id_token(claims: dict[str, Any]) -> Any:
    """Return the row of an identity token, with its program and its user; None where it is gone."""
    try:
        jti = UUID(str(claims.get("jti")))
    except ValueError:
        return None
    return get_id_token_model().objects.select_related("application", "user").filter(jti=jti).first()
