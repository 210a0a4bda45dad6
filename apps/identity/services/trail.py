"""The words for what happens to connections, in the audit log. Those for linked accounts stand with a person's own."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

WORDS: Final[dict[str, "StrPromise"]] = {
    "identity.connection.created": _("Connection made"),
    "identity.connection.changed": _("Connection changed"),
    "identity.connection.deleted": _("Connection deleted"),
    "identity.directory.applied": _("Synchronised with a directory"),
    "identity.directory.stopped": _("Synchronisation stopped: too much would vanish"),
    "identity.directory.stale": _("Synchronisation not done: changed since the preview"),
    "identity.directory.failed": _("Synchronisation failed"),
    "identity.scim_token.made": _("SCIM token made"),
    "identity.scim_token.revoked": _("SCIM tokens revoked"),
}
