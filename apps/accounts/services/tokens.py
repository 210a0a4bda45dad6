"""OAuth2 access tokens: who is behind one, and taking them back.

Issuing them is django-oauth-toolkit's work. Tokens are kept as SHA-256 digests, so a copy of the database signs
nobody in.
"""

import hashlib

from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.accounts.policies import Access, lives
from apps.accounts.services.browser_sessions import end_browsers_of
from apps.common.clock import to_ms
from apps.common.retry import run_in_transaction
from apps.events.publish import Why, revoke_on_commit


def checksum_of(token: str) -> str:
    """Return what is stored of an access token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def user_for_token(token: str) -> tuple[User, Access]:
    """Return the user (tenant loaded) behind an access token, and what it opens. One query.

    Raises TokenInvalid when the token is unknown or expired, or its user or tenant may not sign in.
    """
    tokens = get_access_token_model().objects.select_related("user__tenant", "application")
    row = tokens.filter(token_checksum=checksum_of(token)).first()
    if row is None or row.user is None:
        raise TokenInvalid
    user: User = row.user
    if not lives(
        expires=row.expires,
        user_is_active=user.is_active,
        tenant_status=user.tenant.status,
        now=timezone.now(),
    ):
        raise TokenInvalid
    client_id = "" if row.application is None else str(row.application.client_id)
    return user, Access(frozenset(row.scope.split()), client_id, str(row.pk), to_ms(row.expires))


def revoke_tokens(user: User, *, why: Why = Why.SIGNED_OUT) -> None:
    """Sign out all of the user's programs: access tokens, refresh tokens, open grants, and the sessions they opened.

    `why` is what the clients of these sessions are told.

    Her browser sessions end, too; a request that shall outlive that says so: `update_session_auth_hash`.
    """

    def revoke() -> None:
        user.signed_out_at = user.pages_ended_at = timezone.now()
        user.save(update_fields=["signed_out_at", "pages_ended_at"])
        end_browsers_of(user.id, tenant_id=user.tenant_id)
        get_grant_model().objects.filter(user=user).delete()
        get_refresh_token_model().objects.filter(user=user, revoked__isnull=True).update(
            access_token=None, revoked=timezone.now()
        )
        get_access_token_model().objects.filter(user=user).delete()
        revoke_on_commit(user.id, why=why)

    run_in_transaction(revoke)
