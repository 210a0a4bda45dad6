"""The event log: one per conversation, with consecutive seqs, and each member's cursors in it.

`Log` is the lock and the counter of its conversation: whoever appends or changes the membership locks this row first,
so the existence of the conversation, its tenant and its members are settled there, once per batch. The event rows
therefore carry no foreign-key constraints of their own: checking them would cost more than the insert.
"""

from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.conversations.models import Conversation
from apps.tenants.models import ScopedManager, Tenant, TenantScoped

EXPIRED_KIND: Final = "expired"
"""The kind of an event past retention: its row stays, so that its id stays taken and seqs stay consecutive, its body
is gone. Nobody is ever shown one."""


class Log(TenantScoped):
    """The ends of a conversation's log. What is up to `expired_seq` is past retention: for its members the log begins
    behind it. `members_epoch` grows with every membership change: caches keyed by it never lie.
    """

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="log",
        verbose_name=_("conversation"),
    )
    max_seq = models.BigIntegerField(_("last seq"), default=0)
    expired_seq = models.BigIntegerField(_("last seq past retention"), default=0, db_default=0)
    members_epoch = models.BigIntegerField(_("membership epoch"), default=0)
    last_event_at = models.DateTimeField(_("last event at"))

    class Meta:
        verbose_name = _("log")
        verbose_name_plural = _("logs")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.CheckConstraint(condition=models.Q(max_seq__gte=0), name="messaging_log_seq_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} at {self.max_seq}"


class Event(models.Model):
    """One event. `body` is canonical JSON; `digest` tells a repeated id with the same content from a conflict."""

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    seq = models.BigIntegerField()
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    message_id = models.BinaryField(max_length=48)
    kind = models.CharField(max_length=32)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField()
    countable = models.BooleanField(help_text="A message from a person: others' unread counts include it.")
    body = models.BinaryField()
    digest = models.BinaryField(max_length=16)

    unscoped: ClassVar[models.Manager[Self]] = models.Manager()
    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "message_id"], name="messaging_event_id_once_per_tenant"),
            models.CheckConstraint(condition=models.Q(seq__gt=0), name="messaging_event_seq_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"


class Cursor(models.Model):
    """How far a user has received and read a conversation; both only grow.

    The statement that writes cursors joins the log and the member, so it is those rows that vouch for the keys: the
    constraints would make the first write of a member half as dear again, and be deferred ones.
    """

    pk = models.CompositePrimaryKey("conversation_id", "user_id")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    delivered_seq = models.BigIntegerField(default=0)
    read_seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    unscoped: ClassVar[models.Manager[Self]] = models.Manager()
    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}: delivered {self.delivered_seq}, read {self.read_seq}"
