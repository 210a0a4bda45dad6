"""Browsers in which people are signed in to the pages: their account, the admin."""

from typing import Final

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.terminals import MAX_ADDRESS_CHARS
from apps.accounts.models.users import User
from apps.common.models import Identified
from apps.tenants.models import TenantScoped

MAX_BROWSER_CHARS: Final = 64
"""Of what a browser is called; the names are our own, so nothing is cut."""


class BrowserSession(TenantScoped, Identified):
    """What is told of a session of Django's that is somebody's. It goes with the session, and ends with it.

    The key of the session opens it, so no page, entry, export or answer has it: they name this row.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="+", editable=False)
    browser = models.CharField(_("browser"), max_length=MAX_BROWSER_CHARS, blank=True)
    address = models.CharField(_("address"), max_length=MAX_ADDRESS_CHARS, blank=True, editable=False)
    """Where it was last used from."""
    signed_in_at = models.DateTimeField(_("signed in at"))
    last_used_at = models.DateTimeField(_("last used at"))

    class Meta:
        verbose_name = _("browser")
        verbose_name_plural = _("browsers")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["user", "-last_used_at"], name="accounts_browser_of_user")]

    def __str__(self) -> str:
        return self.browser or str(_("unknown browser"))
