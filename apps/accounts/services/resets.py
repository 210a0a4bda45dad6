"""Setting a password oneself: by knowing the old one, or by a link that came by mail.

Whoever asks for a link gets the same answer at the same speed, whether there is such an account, it has an address or
not: everything that could tell is done after the answer. Links are bounded by name and address like guesses at
passwords, are good once and for half an hour, and are kept as digests.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.accounts.errors import ResetInvalid
from apps.accounts.models import PasswordReset, User
from apps.accounts.services import lockout
from apps.accounts.services.afterwards import do_afterwards
from apps.accounts.services.passwords import policy_of
from apps.accounts.services.trail import note
from apps.accounts.services.users import set_password
from apps.common.retry import run_in_transaction
from apps.common.wall.binding import unbound
from apps.tenants.preferences import read_preferences

LIFETIME: Final = timedelta(minutes=30)
MAX_ASKED: Final = 5
"""Links for one name from one address before one has to wait; for one name from anywhere ten times as many."""


def can_send() -> bool:
    """Tell whether this installation sends mail at all; without, administrators set passwords."""
    return bool(settings.IM_EMAIL_SITE)


def ask_for_link(login: str, *, address: str, now: datetime) -> None:
    """Send a link to the person of this sign-in name, if there is one with an address; nobody learns which it was.

    Raises SignInLimited after too many.
    """
    attempt = lockout.Attempt(login=f"reset {login}", address=address, lock_after=MAX_ASKED)
    lockout.check(attempt, now=now)
    lockout.note_failure(attempt, now=now)
    do_afterwards(partial(_send, login, now, translation.get_language() or settings.LANGUAGE_CODE))


def find_reset(token: str, *, now: datetime) -> User:
    """Return whose password a link sets. Raises ResetInvalid. One query."""
    rows = PasswordReset.unscoped.select_related("user__tenant").filter(digest=_digest(token), expires_at__gt=now)
    row = rows.first()
    if row is None or not _may_have_link(row.user):
        raise ResetInvalid
    return row.user


def reset_password(token: str, *, password: str, now: datetime) -> User:
    """Set the password by a link, once, and sign the person out everywhere. Raises ResetInvalid, PasswordTooWeak."""

    def store() -> User:
        # The row is the link: of two that come with it, one finds it gone.
        locked = PasswordReset.unscoped.select_for_update().filter(digest=_digest(token)).first()
        user = find_reset(token, now=now)
        if locked is None:
            raise ResetInvalid
        set_password(user, password=password)
        note("accounts.password.reset", user, now=now)
        return user

    with unbound():
        return run_in_transaction(store)


def change_own_password(user: User, *, password: str, now: datetime) -> None:
    """Give oneself another password, and sign out everywhere. Raises PasswordTooWeak."""

    def store() -> None:
        set_password(user, password=password)
        note("accounts.password.changed", user, now=now)

    run_in_transaction(store)


def _send(login: str, now: datetime, asked_in: str) -> None:
    """Write in the language that the person chose, else her tenant, else that of the page where it was asked for."""
    with unbound():
        user = User.unscoped.select_related("tenant").filter(login=login).first()
        if user is None or not user.email or not _may_have_link(user):
            return
        token = secrets.token_urlsafe(32)
        run_in_transaction(partial(_store, user, token, now))
    with translation.override(user.locale or read_preferences(user.tenant.settings).locale or asked_in):
        context = {"person": user, "link": _link(token), "minutes": LIFETIME // timedelta(minutes=1)}
        subject = render_to_string("accounts/mail/reset_subject.txt", context).strip()
        body = render_to_string("accounts/mail/reset.txt", context)
    EmailMessage(subject, body, to=[user.email]).send()


def _store(user: User, token: str, now: datetime) -> None:
    rows = PasswordReset.objects.for_tenant(user.tenant_id)
    rows.filter(user=user).delete()
    rows.create(tenant_id=user.tenant_id, user=user, digest=_digest(token), expires_at=now + LIFETIME)
    note("accounts.password.reset_asked", user, now=now, is_anonymous=True)


def _link(token: str) -> str:
    """Return the page's address at the site of the settings: the Host of a request could be that of a thief."""
    return f"{settings.IM_EMAIL_SITE}{reverse('password-reset-link', args=[token])}"


def _may_have_link(user: User) -> bool:
    """Only people who sign in by a password of ours: a directory's passwords are the directory's to set."""
    is_person = user.kind == User.Kind.PERSON and user.is_active and user.tenant.is_active
    return is_person and user.has_usable_password() and policy_of(user).allow_passwords


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
