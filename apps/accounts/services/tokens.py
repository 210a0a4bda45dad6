"""OAuth2 access tokens: who is behind one, and taking them back.

Issuing them is django-oauth-toolkit's work. Tokens are kept as SHA-256 digests, so a copy of the database signs
nobody in.
"""

import hashlib
from dataclasses import dataclass

from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.common.clock import to_ms
from apps.common.retry import run_in_transaction
from apps.events.publish import revoke_on_commit
from apps.wire.ids import TenantId, UserId

SCOPE = "im"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is signed in, as the gateway needs it: no row, no query."""

    tenant_id: TenantId
    user_id: UserId
    display_name: str
    locale: str
    expires_ms: int


def user_for_token(token: str) -> tuple[User, int]:
    """Return the user (tenant loaded) behind an access token and when it expires in unix ms. One query.

    Raises TokenInvalid when the token is unknown, expired or of another scope, or its user or tenant may not sign in.
    """
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    row = get_access_token_model().objects.select_related("user__tenant").filter(token_checksum=digest).first()
    if row is None or row.user is None or not row.is_valid([SCOPE]):
        raise TokenInvalid
    user: User = row.user
    if not user.is_active or not user.tenant.is_active:
        raise TokenInvalid
    return user, to_ms(row.expires)


def principal_for_token(token: str) -> Principal:
    """Return who is behind an access token. Raises TokenInvalid. One query."""
    user, expires_ms = user_for_token(token)
    return Principal(
        tenant_id=TenantId(user.tenant_id),
        user_id=UserId(user.id),
        display_name=user.display_name,
        locale=user.locale,
        expires_ms=expires_ms,
    )


def revoke_tokens(user: User) -> None:
    """Sign out all of the user's programs: access tokens, refresh tokens, open grants, and the sessions they opened."""

    def revoke() -> None:
        user.signed_out_at = timezone.now()
        user.save(update_fields=["signed_out_at"])
        get_grant_model().objects.filter(user=user).delete()
        get_refresh_token_model().objects.filter(user=user, revoked__isnull=True).update(
            access_token=None, revoked=timezone.now()
        )
        get_access_token_model().objects.filter(user=user).delete()
        revoke_on_commit(user.id)

    run_in_transaction(revoke)
