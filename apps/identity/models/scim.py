"""What is kept of a program that provisions people by SCIM: its tokens, and its people as it spells them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.common.models import Identified
from apps.identity.models.connections import Connection
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.tenants.models import TenantScoped


class ScimToken(TenantScoped, Identified):
    """A bearer token of a connection, kept as a hash. Two at a time, so that one can be changed without a gap."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="scim_tokens", verbose_name=_("connection")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256 in hexadecimal: the token is random enough that nobody guesses it from that."""
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)

    class Meta:
        verbose_name = _("SCIM token")
        verbose_name_plural = _("SCIM tokens")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return f"{self.hint}…"


class ScimUser(TenantScoped, Identified):
    """A person as a SCIM client knows her. Deleted there, she is deactivated here and known again by her name."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="scim_users")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    user_name = models.CharField(max_length=254)
    """Lower case: SCIM compares it without case (RFC 7643 §4.1.1)."""
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID_CHARS, blank=True)
    resource = models.JSONField(default=dict)
    """What the client sent and we keep for it, as it spells it; never a password."""
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["connection", "user_name"], name="identity_scimuser_name_once"),
            models.UniqueConstraint(fields=["connection", "user"], name="identity_scimuser_user_once"),
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="identity_scimuser_external_once",
            ),
        ]

    def __str__(self) -> str:
        return self.user_name
