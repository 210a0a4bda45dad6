"""What giving and taking powers is called, by the action in the audit log."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Final[Mapping[str, Promise]] = {
    "access.grant.given": _("Role granted"),
    "access.grant.changed": _("Grant changed"),
    "access.grant.revoked": _("Grant revoked"),
    "access.role.created": _("Role made"),
    "access.role.changed": _("Role changed"),
    "access.role.deleted": _("Role deleted"),
}
