"""Service accounts: programs with an account of their own, and what there is to say of them beyond that account."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.settings import oauth2_settings

from apps.accounts.models.users import User
from apps.common.models import Versioned
from apps.tenants.models import TenantScoped

MAX_DESCRIPTION_CHARS: Final = 500
MIN_REQUESTS_PER_MINUTE: Final = 1
MAX_REQUESTS_PER_MINUTE: Final = 60_000
"""Of one service account, on one node: a thousand a second, which is more than a node does at its best."""


class ServiceAccount(TenantScoped, Versioned):
    """What makes a user a program: who answers for it, how much it may ask, and the client that it signs in as.

    Its name, whether it is active and what it may do are its user's, as for people.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="service_account", verbose_name=_("user")
    )
    description = models.CharField(_("description"), max_length=MAX_DESCRIPTION_CHARS, blank=True)
    owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        related_name="owned_service_accounts",
        verbose_name=_("person responsible"),
    )
    requests_per_minute = models.PositiveIntegerField(_("requests per minute"), null=True, blank=True)
    """None: as many as people may."""
    application = models.OneToOneField(
        oauth2_settings.APPLICATION_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="service_account",
        verbose_name=_("application"),
    )
    """Whose client id and secret (RFC 6749 §4.4) it signs in with."""
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    secret_changed_at = models.DateTimeField(_("secret changed at"), editable=False)

    class Meta:
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(requests_per_minute__isnull=True)
                | models.Q(requests_per_minute__range=(MIN_REQUESTS_PER_MINUTE, MAX_REQUESTS_PER_MINUTE)),
                name="accounts_serviceaccount_rate",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)
