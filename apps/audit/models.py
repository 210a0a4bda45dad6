"""Entries of the audit log, and where each tenant's chain ends.

Entries are inserted and never touched again: where the database has triggers, one refuses it (migration 0002).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.audit.words import words_of
from apps.common.models import TenantKeyed

DIGEST_BYTES = 32


class Entry(TenantKeyed):
    """One change, chained to the one before by its digest. Written by `services.record` alone."""

    class Via(models.TextChoices):
        """Through which door the change came."""

        REST = "rest", "REST"
        ADMIN = "admin", _("admin")
        WEB = "web", _("web page")
        SOCKET = "socket", _("session")
        COMMAND = "command", _("command line")
        SYSTEM = "system", _("the system itself")

    number = models.BigIntegerField(_("number"))
    """Counts up from 1 in each tenant, without gaps."""
    at = models.DateTimeField(_("time"))
    actor_id = models.UUIDField(_("who"), null=True)
    actor_login = models.CharField(_("who"), max_length=128, blank=True)
    via = models.CharField(_("via"), max_length=16, choices=Via.choices)
    address = models.CharField(_("address"), max_length=64, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    scope = models.CharField(_("scope"), max_length=2000, blank=True)
    action = models.CharField(_("action"), max_length=100)
    kind = models.CharField(_("kind"), max_length=100)
    target_id = models.CharField(_("object"), max_length=100, blank=True)
    target_label = models.CharField(_("name"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    previous = models.BinaryField(max_length=DIGEST_BYTES)
    digest = models.BinaryField(max_length=DIGEST_BYTES)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="audit_entry_number_once_per_tenant"),
        ]
        indexes = [
            models.Index(
                fields=["scope", "at"],
                name="audit_entry_by_scope",
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
            ),
            models.Index(fields=["at", "id"], name="audit_entry_by_time"),
            models.Index(fields=["tenant_id", "at", "id"], name="audit_entry_by_tenant"),
            models.Index(fields=["tenant_id", "actor_id", "at"], name="audit_entry_by_actor"),
            models.Index(fields=["tenant_id", "target_id", "at"], name="audit_entry_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.target_label}"

    @property
    def words(self) -> str:
        """What was done, in the active language."""
        return words_of(self.action)


class Head(TenantKeyed):
    """Where a tenant's chain ends. Its row's lock is the last that a transaction takes."""

    tenant_id = models.UUIDField(_("tenant"), primary_key=True, editable=False)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=DIGEST_BYTES)
    verified_at = models.DateTimeField(null=True)
    """When the chain was last followed. It reminds people to do so; whoever rules over the database can set it, too."""
    broken_number = models.BigIntegerField(null=True)
    """Where it was broken then; null where it was whole."""

    class Meta:
        verbose_name = _("end of an audit log")
        verbose_name_plural = _("ends of audit logs")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.number}"
