"""Links: which account at a provider or in a directory is whose."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.common.models import Identified
from apps.identity.models.connections import Connection
from apps.tenants.models import TenantScoped

MAX_EXTERNAL_ID_CHARS: Final = 255
"""Of an account's lasting name (OpenID Connect Core §2: `sub` has no more); a longer one is refused."""
MAX_LABEL_CHARS: Final = 200
"""Of what people recognise it by; a longer one is cut."""


class Link(TenantScoped, Identified):
    """An account elsewhere that is a person's. `external_id` is its lasting name there, compared as it is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links", verbose_name=_("person"))
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="links", verbose_name=_("connection")
    )
    external_id = models.CharField(_("account id"), max_length=MAX_EXTERNAL_ID_CHARS)
    label = models.CharField(_("account"), max_length=MAX_LABEL_CHARS, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("linked account")
        verbose_name_plural = _("linked accounts")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="identity_link_account_once"),
            models.UniqueConstraint(fields=["connection", "user"], name="identity_link_person_once"),
            models.CheckConstraint(condition=~models.Q(external_id=""), name="identity_link_names_account"),
        ]

    def __str__(self) -> str:
        return f"{self.label or self.external_id} ({self.connection_id})"
