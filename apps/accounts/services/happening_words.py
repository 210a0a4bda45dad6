"""The words for what happened to somebody's account, by the action in the audit log."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

WORDS: Final[dict[str, "StrPromise"]] = {
    "accounts.user.signed_in": _("Signed in"),
    "accounts.user.sign_in_failed": _("A sign-in failed"),
    "accounts.password.changed": _("Password changed"),
    "accounts.password.reset_asked": _("A link for a new password was asked for"),
    "accounts.password.reset": _("Password set by the link"),
    "accounts.codes.enrolled": _("Authenticator app set up"),
    "accounts.codes.removed": _("Authenticator app removed"),
    "accounts.passkey.added": _("Passkey added"),
    "accounts.passkey.removed": _("Passkey removed"),
    "accounts.recovery.issued": _("Recovery codes made"),
    "accounts.recovery.spent": _("Recovery code used"),
    "accounts.factors.reset": _("Second factors taken away"),
    "accounts.terminal.revoked": _("Terminal shut out"),
    "accounts.browser.ended": _("Browser signed out"),
    "accounts.terminal.displaced": _("Terminal closed for another one"),
    "accounts.token.revoked": _("A program lost its access"),
    "accounts.token.reused": _("What opens a program once was shown twice: its access was ended"),
    "accounts.consent.given": _("A program was allowed"),
    "accounts.consent.withdrawn": _("A program is allowed no more"),
    "identity.link.created": _("Another account linked"),
    "identity.link.removed": _("Another account unlinked"),
}
"""What is worth telling the person. Other apps' actions stand here, too: they are only names."""
