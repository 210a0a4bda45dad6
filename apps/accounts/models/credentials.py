"""What people prove themselves with besides a password, and what is remembered of failed proofs.

Secrets that have to be read again are sealed (`apps.common.sealed`); those that are only compared are kept as digests.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.users import User
from apps.common.models import Identified
from apps.tenants.models import TenantScoped


class CodeGenerator(TenantScoped, Identified):
    """An authenticator app that makes one-time codes for a person (RFC 6238). One each."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    sealed_secret = models.TextField(editable=False)
    last_step = models.BigIntegerField(editable=False)
    """The time step of the code that was accepted last: no code of that step or an earlier one is accepted again."""

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return str(self.user_id)


class Passkey(TenantScoped, Identified):
    """A public key whose private half an authenticator of the person keeps (WebAuthn level 2)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    credential_id = models.BinaryField(max_length=1023, unique=True, editable=False)
    public_key = models.BinaryField(max_length=2048, editable=False)
    sign_count = models.BigIntegerField(default=0, editable=False)
    host = models.CharField(_("host name"), max_length=253, editable=False)
    """The relying party that it was made for: it signs for no other host."""
    name = models.CharField(_("name"), max_length=64)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["user", "created_at"], name="accounts_passkey_of_user")]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(TenantScoped, Identified):
    """One of the codes that replace a second factor, once. Its row goes when it is used."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="accounts_recoverycode_once")]

    def __str__(self) -> str:
        return str(self.user_id)


class PastPassword(TenantScoped, Identified):
    """The hash of a password that a person had before."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    encoded = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["user", "created_at"], name="accounts_pastpassword_of_user")]

    def __str__(self) -> str:
        return str(self.user_id)


class PasswordReset(TenantScoped, Identified):
    """A link by mail that sets a new password, once. One each: a new one takes the place of the old."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    class Meta:
        verbose_name = _("password reset")
        verbose_name_plural = _("password resets")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return str(self.user_id)


class FailedProofs(models.Model):
    """How often a proof failed lately, by what it was about (a name, an address, both), on all nodes together.

    The key is a digest, so the table tells nobody's name or address. Names that nobody has are counted likewise, so
    rows belong to no tenant.
    """

    key = models.CharField(max_length=64, primary_key=True, editable=False)
    count = models.PositiveIntegerField(default=0, editable=False)
    last_at = models.DateTimeField(db_index=True, editable=False)
    blocked_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["FailedProofs"]] = models.Manager()

    class Meta:
        verbose_name = _("failed sign-ins")
        verbose_name_plural = _("failed sign-ins")

    def __str__(self) -> str:
        return self.key
