"""Whether tokens may be stored after all: asked where it is decided, with the rows locked that say so.

The protocol's library asks first and stores later. In between a person may be signed out everywhere, a terminal be
revoked, a program lose its code: then nothing may be handed out that outlives it. Whatever ends all tokens of a person,
or a chain of hers, locks her row before the tokens; so does everything here.
"""

from typing import Any

from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.models import User
from apps.common.wall.binding import unbound


def hold_user(user: User) -> bool:
    """Lock whom tokens are made for; tell whether she may still have some, as when the library asked. One query.

    Belongs into the transaction that stores the tokens.
    """
    with unbound():
        rows = User.unscoped.select_for_update(no_key=True, of=("self",)).select_related("tenant")
        now = rows.filter(pk=user.pk).first()
    return now is not None and now.is_active and bool(now.tenant.is_active) and now.signed_out_at == user.signed_out_at


def hold_code(code: str, *, application: Any) -> bool:
    """Lock an authorization code; tell whether it is still there: signing out and ending a program take it away."""
    grants = get_grant_model().objects.select_for_update().filter(code=code, application=application)
    return grants.values_list("pk", flat=True).first() is not None


def hold_refresh_token(used: Any) -> bool:
    """Lock a refresh token; tell whether it may be exchanged, now that nobody else can do anything about it.

    One that was exchanged already, within its minute of grace, may be once more: the answer was lost, or somebody else
    has it. Of the two pairs only the later one can be refreshed from then on. Whoever shows the refresh token of the
    earlier one is found out, and ends the chain (RFC 9700 §4.14.2). Four queries at most.
    """
    tokens = get_refresh_token_model().objects
    row = tokens.select_for_update().filter(pk=used.pk).first()
    if row is None:
        return False
    if row.revoked is None:
        return row.access_token_id is not None
    earlier = get_access_token_model().objects.filter(source_refresh_token=row)
    earlier_id = earlier.values_list("pk", flat=True).first()
    if earlier_id is None:  # it was taken back, not exchanged
        return False
    tokens.filter(access_token_id=earlier_id, revoked__isnull=True).update(revoked=row.revoked)
    # The toolkit would hand out the earlier answer's tokens again, but only their digests are kept. Unbound from the
    # token that they came from, they leave room for a fresh pair.
    earlier.update(source_refresh_token=None)
    return True
