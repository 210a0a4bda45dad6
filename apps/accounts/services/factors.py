"""Second factors: who has one, who has to have one, and whether what somebody typed is one."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from apps.access.selectors import powers_of
from apps.accounts.errors import ProofWrong
from apps.accounts.models import CodeGenerator, Passkey, RecoveryCode, User
from apps.accounts.services import lockout, one_time_codes, recovery
from apps.accounts.services.passwords import policy_of
from apps.accounts.services.trail import note
from apps.common.retry import run_in_transaction

CODES: Final = "codes"
PASSKEYS: Final = "passkeys"


def kinds_of(user: User) -> frozenset[str]:
    """Return which kinds of factors the person has, of `CODES` and `PASSKEYS`. Two queries."""
    has_codes = CodeGenerator.objects.for_tenant(user.tenant_id).filter(user=user).exists()
    has_passkeys = Passkey.objects.for_tenant(user.tenant_id).filter(user=user).exists()
    return frozenset([CODES] * has_codes + [PASSKEYS] * has_passkeys)


def has_second_factor(user: User) -> bool:
    """Tell whether the person has one. Two queries."""
    return bool(kinds_of(user))


def is_demanded(user: User) -> bool:
    """Tell whether her tenant wants her to have one. One query where it wants that of administrators."""
    demand = policy_of(user).second_factor
    if demand == "admins":
        return user.is_superuser or powers_of(user, now=timezone.now()).has_any
    return demand == "everyone"


def wants_second_factor(user: User) -> bool:
    """Tell whether a password alone does not sign her in."""
    return has_second_factor(user) or is_demanded(user)


def prove(user: User, code: str, *, now: datetime) -> str:
    """Return which factor a typed code is: "otp" of an app or "recovery". It is used from now on.

    Raises ProofWrong, and SignInLimited after too many wrong ones: they are counted by person, on all nodes.
    """
    attempt = lockout.proof_attempt("factor", user.pk.hex, lock_after=policy_of(user).lock_after)
    lockout.check(attempt, now=now)
    if one_time_codes.spend(user, code, now=now):
        found = "otp"
    elif recovery.spend(user, code, now=now):
        found = "recovery"
    else:
        lockout.note_failure(attempt, now=now)
        run_in_transaction(
            lambda: note(
                "accounts.user.sign_in_failed", user, now=now, is_anonymous=True, after={"by": "second factor"}
            )
        )
        raise ProofWrong
    lockout.note_success(attempt)
    return found


def remove_codes(user: User, *, now: datetime) -> None:
    """Take the person's app away, and the recovery codes with the last factor."""

    def remove() -> None:
        count, _by_model = CodeGenerator.objects.for_tenant(user.tenant_id).filter(user=user).delete()
        if count:
            drop_recovery_if_last(user)
            note("accounts.codes.removed", user, now=now)

    run_in_transaction(remove)


def drop_recovery_if_last(user: User) -> None:
    """Without any factor there is nothing to recover. Call it in the transaction."""
    if not has_second_factor(user):
        RecoveryCode.objects.for_tenant(user.tenant_id).filter(user=user).delete()


def remove_all(user: User, *, actor: User, now: datetime) -> None:
    """Take all her factors away, for whoever has lost them; who may do that is `oversight`'s to say."""
    for model in (CodeGenerator, Passkey, RecoveryCode):
        model.objects.for_tenant(user.tenant_id).filter(user=user).delete()
    note("accounts.factors.reset", user, now=now, actor=actor)
