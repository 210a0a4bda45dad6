"""The words for what happened to somebody's account, by the action in the audit log."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

WORDS: Final[dict[str, "StrPromise"]] = {
    "accounts.terminal.revoked": _("Terminal shut out"),
}
"""What is worth telling the person. Other apps' actions may stand here, too: they are only names."""
