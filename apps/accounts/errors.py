"""What may go wrong with users, terminals and tokens."""

from math import ceil
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError
from apps.wire.errors import ErrorCode

_COUNTED_S: Final = 120
"""From so many seconds on a wait is told in minutes."""


class UsernameTaken(ImError):
    """Another user of the tenant has this name."""

    code = "username_taken"
    status = 409
    message = _("The sign-in name %(login)s is already taken.")


class PasswordTooWeak(ImError):
    """The password does not pass the validators of the installation."""

    code = "password_too_weak"
    status = 400
    message = _("This password is too easy to guess: %(reason)s")


class UserNotFound(ImError):
    """No active user of one's own tenant has this id; whether another tenant has one stays unsaid."""

    code = "user_not_found"
    status = 404
    message = _("There is no user %(user)s.")


class TokenInvalid(ImError):
    """The access token is unknown, expired, revoked, or its user may not sign in any more."""

    code = "token_invalid"
    status = 401
    message = _("You are signed out; sign in again.")


class TicketSpent(ImError):
    """The one-time ticket is good, but it was used before. Whoever did that came first."""

    code = "ticket_spent"
    status = 401
    message = _("This ticket was used already; ask for another one.")


class TicketInvalid(ImError):
    """What somebody came to a light app with is no ticket, not for this app, over, or used before."""

    code = "ticket_invalid"
    status = 400
    message = _("This ticket is not for this app, has ended or was used already.")


class ServiceAccountNotFound(ImError):
    """No service account within one's reach has this id."""

    code = "service_account_not_found"
    status = 404
    message = _("There is no service account %(account)s.")


class KeyNotFound(ImError):
    """No signing key that is still trusted has this id."""

    code = "key_not_found"
    status = 404
    message = _("There is no signing key %(kid)s, or it is revoked already.")


class KeysTooFresh(ImError):
    """The next key is too new, or too many are published: others would meet one that they do not know."""

    code = "keys_too_fresh"
    status = 409
    message = _("The next %(algorithm)s key is not known to everybody yet; try again tomorrow.")


class ScopeInsufficient(ImError):
    """The access token is good, but its program was not granted this (RFC 6750 §3.1)."""

    code = "insufficient_scope"
    status = 403
    message = _("This program was not granted access to this.")


class ApplicationNotFound(ImError):
    """No program that one may see has this id; whether another tenant has one stays unsaid."""

    code = "application_not_found"
    status = 404
    message = _("There is no program %(application)s.")


class ApplicationsFull(ImError):
    """The tenant has as many programs as it may."""

    code = "applications_full"
    status = 409
    message = _("There are %(limit)s programs already, which is the most.")


class TerminalRefused(ImError):
    """The terminal id is not one this user may sign in from."""

    code = "terminal_refused"
    status = 403
    message = _("This terminal can't sign in: its id belongs to someone else, or it was revoked.")


class TerminalNotFound(ImError):
    """The person has no such terminal, or it is revoked; whether somebody else has it stays unsaid."""

    code = "terminal_not_found"
    status = 404
    message = _("You have no terminal %(terminal)s.")


class SignedInElsewhere(ImError):
    """Another terminal took this one's place: the tenant allows so many of a platform at a time."""

    code = ErrorCode.SIGNED_IN_ELSEWHERE.value
    status = 403
    message = _("You signed in elsewhere (%(name)s), so this terminal was closed. Sign in again to use this one.")


class SignInLimited(ImError):
    """Too many failed sign-ins for this name or from this address."""

    code = "rate_limited"
    status = 429
    message = _("Too many failed sign-ins; try again in %(seconds)s seconds.")
    retryable = True

    @property
    def text(self) -> str:
        """The wait in minutes where it is long; nobody counts 300 seconds."""
        seconds = int(self.fields["seconds"])
        if seconds < _COUNTED_S:
            return super().text
        minutes = _("Too many failed sign-ins; try again in %(minutes)s minutes.")
        return str(minutes) % {"minutes": ceil(seconds / 60)}


class SignInBusy(ImError):
    """More sign-ins wait than the server takes on."""

    code = ErrorCode.BUSY.value
    status = 503
    message = _("Too many people are signing in at this moment; try again in a few seconds.")
    retryable = True
    retry_after_ms = 2_000


class SignInRefused(ImError):
    """The account may not sign in this way: it is switched off, or a program's."""

    code = "sign_in_refused"
    status = 403
    message = _("This account can't sign in here. Ask your administrator.")


class SignInExpired(ImError):
    """A sign-in was begun too long ago, or by somebody else, to be finished now."""

    code = "sign_in_expired"
    status = 403
    message = _("This took too long; sign in again.")


class ProofWrong(ImError):
    """A code, or what an authenticator signed, is not right, or was used before."""

    code = "proof_wrong"
    status = 400
    message = _("That is not right, or it was used already. Try again.")


class TooManyPasskeys(ImError):
    """A person has as many passkeys as anybody may have."""

    code = "too_many_passkeys"
    status = 409
    message = _("You have %(limit)s passkeys already; remove one first.")


class ResetInvalid(ImError):
    """The link is unknown, used or too old."""

    code = "reset_invalid"
    status = 400
    message = _("This link is not valid any more. Ask for another one.")
