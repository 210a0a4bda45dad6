"""The keys that this installation signs with. They belong to no tenant: one ring for everybody, on all nodes.

Rows are made, read and opened by `services.keys` alone. The private part is sealed (`apps.common.sealed`).
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """One key of a ring. The ring's key of number n signs from its time on until number n + 1 begins to."""

    class Algorithm(models.TextChoices):
        """What it signs by (RFC 7518 §3.1)."""

        RS256 = "RS256", "RS256"
        ES256 = "ES256", "ES256"

    kid = models.CharField(_("key id"), max_length=43, primary_key=True, editable=False)
    """The thumbprint of its public part (RFC 7638)."""
    algorithm = models.CharField(_("algorithm"), max_length=8, choices=Algorithm.choices, editable=False)
    number = models.PositiveIntegerField(_("number"), editable=False)
    public = models.JSONField(_("public part"), editable=False)
    sealed = models.TextField(_("private part, sealed"), editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    signs_from = models.DateTimeField(_("signs from"), editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["SigningKey"]] = models.Manager()

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = [
            # Nodes that make the next key in the same moment make one: the database decides whose.
            models.UniqueConstraint(fields=["algorithm", "number"], name="accounts_signingkey_once"),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.number} {self.kid}"
