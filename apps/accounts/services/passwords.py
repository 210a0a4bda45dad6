"""What a password has to be like, for its tenant: length, what people always choose, what one had before, its age.

Django's validators hold for the whole installation (the settings name them); here is what a tenant adds. Every door
that sets a password comes through `users`, which asks here.
"""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.errors import PasswordTooWeak, ProofWrong
from apps.accounts.models import PastPassword, User
from apps.accounts.services import lockout
from apps.accounts.services.hashing import slots
from apps.accounts.services.password_habits import is_habit
from apps.tenants.preferences import SignInPolicy, read_preferences

MAX_CHARS: Final = 1024
"""Longer ones cost more to hash than anybody remembers."""


def policy_of(user: User) -> SignInPolicy:
    """Return how the people of the person's tenant prove who they are."""
    return read_preferences(user.tenant.settings).sign_in


def require_good(user: User, password: str) -> None:
    """Raises PasswordTooWeak, which says what to do better. A hash for each former password that counts."""
    policy = policy_of(user)
    if len(password) > MAX_CHARS:
        raise PasswordTooWeak(reason=_("it is too long."))
    if len(password) < policy.password_min_chars:
        text = ngettext("it needs %(count)d character.", "it needs %(count)d characters.", policy.password_min_chars)
        raise PasswordTooWeak(reason=text % {"count": policy.password_min_chars})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordTooWeak(reason=" ".join(error.messages)) from error
    if is_habit(password):
        raise PasswordTooWeak(reason=_("many people choose it."))
    if policy.password_history and _was_had(user, password, policy.password_history):
        raise PasswordTooWeak(reason=_("you had it before."))


def prove_password(user: User, password: str, *, now: datetime) -> None:
    """Make sure that somebody who is signed in knows her password.

    Raises ProofWrong, and SignInLimited after too many wrong ones, which are counted by person on all nodes.
    """
    attempt = lockout.proof_attempt("password", user.pk.hex, lock_after=policy_of(user).lock_after)
    lockout.check(attempt, now=now)
    with slots.turn():
        is_right = user.check_password(password)
    if not is_right:
        lockout.note_failure(attempt, now=now)
        raise ProofWrong
    lockout.note_success(attempt)


def keep_former(user: User, encoded: str) -> None:
    """Remember the hash of the password that is being replaced, where the tenant looks back; forget those beyond.

    Call it in the transaction of the change.
    """
    rows = PastPassword.objects.for_tenant(user.tenant_id).filter(user=user)
    history = policy_of(user).password_history
    if history and encoded:
        PastPassword.objects.for_tenant(user.tenant_id).create(tenant_id=user.tenant_id, user=user, encoded=encoded)
    kept = list(rows.order_by("-created_at", "-pk").values_list("pk", flat=True)[:history])
    rows.exclude(pk__in=kept).delete()


def is_too_old(user: User, *, now: datetime) -> bool:
    """Tell whether the person has to change her password before she comes in."""
    days = policy_of(user).password_max_age_days
    since = user.password_set_at or user.created_at
    return days > 0 and user.has_usable_password() and now - since > timedelta(days=days)


def _was_had(user: User, password: str, history: int) -> bool:
    rows = PastPassword.objects.for_tenant(user.tenant_id).filter(user=user).order_by("-created_at", "-pk")
    former = [user.password, *rows.values_list("encoded", flat=True)[:history]]
    for encoded in former:
        with slots.turn():  # a turn each: those who sign in meanwhile come in between
            if encoded and check_password(password, encoded):
                return True
    return False
