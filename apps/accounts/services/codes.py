"""Authorization codes beyond the toolkit's: each is good once, and what it told of its user's sign-in is kept with it.

A code that is shown a second time was stolen, or its rightful owner comes second: either way everything that it was
exchanged for ends (RFC 6749 §4.1.2, RFC 9700 §4.5). The database decides which of two exchanges at once was first.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import get_refresh_token_model

from apps.accounts.models import IssuedCode, User
from apps.accounts.services.thefts import living, tell_if_ended
from apps.accounts.services.tokens import checksum_of
from apps.common.wall.binding import unbound
from apps.events.publish import revoke_on_commit

REMEMBERED: Final = timedelta(days=1)
"""How long a code is recognised; it is good for a minute, and of what was exchanged later nothing is left to end."""
SWEPT_AT_ONCE: Final = 50
"""Old codes that go with each new one: more than come, so that none pile up."""


def note_code(
    code: str, *, user: User, application: Any, signed_in_at: datetime, amr: tuple[str, ...], now: datetime
) -> None:
    """Keep of a code that was just handed out how its user had signed in."""
    codes = IssuedCode.objects.for_tenant(user.tenant_id)
    old = codes.filter(issued_at__lt=now - REMEMBERED).order_by("issued_at", "pk")[:SWEPT_AT_ONCE]
    codes.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    IssuedCode(
        checksum=checksum_of(code),
        tenant_id=user.tenant_id,
        user=user,
        application_id=application.pk,
        signed_in_at=signed_in_at,
        amr=" ".join(amr),
        issued_at=now,
    ).save(force_insert=True)


def find_code(code: str, *, application: Any) -> IssuedCode | None:
    """Return what is kept of a code that this application was given. One query."""
    with unbound():
        return IssuedCode.unscoped.filter(checksum=checksum_of(code), application_id=application.pk).first()


def redeem(issued: IssuedCode, token_family: UUID) -> bool:
    """Say what a code was exchanged for; False where somebody did so before. Call it where the tokens are stored."""
    with unbound():
        return bool(
            IssuedCode.unscoped.filter(pk=issued.pk, token_family__isnull=True).update(token_family=token_family)
        )


def end_replayed(code: str, *, application: Any) -> bool:
    """End what a code was exchanged for, if it was; tell whether there was anything."""
    with unbound(), transaction.atomic():
        issued = find_code(code, application=application)
        if issued is None or issued.token_family is None:
            return False
        stake = living(issued.token_family)
        get_refresh_token_model().revoke_family(issued.token_family)
        tell_if_ended(stake, now=timezone.now())
        revoke_on_commit(issued.user_id)
    return True
