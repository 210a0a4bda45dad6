"""Recovery codes: each replaces a second factor once, for whoever has lost hers. Shown once, when they are made."""

import secrets
from datetime import datetime
from typing import Final

from django.utils.crypto import salted_hmac

from apps.accounts.models import RecoveryCode, User
from apps.accounts.services.trail import note
from apps.common.retry import run_in_transaction

COUNT: Final = 10
CHARS: Final = 10
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is easily taken for something else. Ten of these are 49 bits: too many to try behind the lock-out."""


def issue(user: User, *, now: datetime) -> list[str]:
    """Make new codes in place of all earlier ones, and return them."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CHARS)) for _ in range(COUNT)]

    def store() -> None:
        rows = RecoveryCode.objects.for_tenant(user.tenant_id)
        rows.filter(user=user).delete()
        rows.bulk_create(
            [RecoveryCode(tenant_id=user.tenant_id, user=user, digest=_digest(user, code)) for code in codes]
        )
        note("accounts.recovery.issued", user, now=now, after={"codes": COUNT})

    run_in_transaction(store)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def spend(user: User, code: str, *, now: datetime) -> bool:
    """Tell whether it is one of the person's codes; it is gone then, and noted."""
    typed = code.strip().lower().replace("-", "").replace(" ", "")
    if len(typed) != CHARS:
        return False

    def use() -> bool:
        rows = RecoveryCode.objects.for_tenant(user.tenant_id)
        count, _by_model = rows.filter(user=user, digest=_digest(user, typed)).delete()
        if count:
            note("accounts.recovery.spent", user, now=now)
        return count == 1

    return run_in_transaction(use)


def left(user: User) -> int:
    """Return how many codes the person has left. One query."""
    return RecoveryCode.objects.for_tenant(user.tenant_id).filter(user=user).count()


def _digest(user: User, code: str) -> str:
    return salted_hmac("imsite recovery code", f"{user.pk.hex} {code}", algorithm="sha256").hexdigest()
