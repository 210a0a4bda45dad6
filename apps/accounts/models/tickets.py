"""One-time tickets that were used. What was not used is stored nowhere: a ticket speaks for itself."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenants.models import TenantScoped

MAX_AUDIENCE_CHARS: Final = 255
"""Of the name of a light app: an origin, or the client id of its program."""


class SpentTicket(TenantScoped):
    """A ticket that nobody can use again: the key of this table decides who was first, on whichever node.

    A row may go once its ticket has ended by every clock (`services.tickets`).
    """

    id = models.UUIDField(_("ticket"), primary_key=True, editable=False)
    user_id = models.UUIDField(_("user"), editable=False)
    audience = models.CharField(_("audience"), max_length=MAX_AUDIENCE_CHARS, editable=False)
    spent_at = models.DateTimeField(_("used at"), editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    class Meta:
        verbose_name = _("used ticket")
        verbose_name_plural = _("used tickets")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["tenant", "expires_at"], name="accounts_spentticket_over")]

    def __str__(self) -> str:
        return str(self.id)
