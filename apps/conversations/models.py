"""Conversations and their members. What is said in them is the log of `messaging`."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified
from apps.tenants.models import TenantScoped


class Conversation(TenantScoped, Identified):
    """A direct conversation (one per pair of users, `direct_key` sees to it) or a group."""

    class Kind(models.TextChoices):
        """How members come and go."""

        DIRECT = "direct", _("direct")
        GROUP = "group", _("group")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=100, blank=True)
    direct_key = models.CharField(  # noqa: DJ001 - null, not "", keeps groups out of the unique constraint
        max_length=65,
        null=True,
        blank=True,
        editable=False,
        help_text="The two user ids in hex, the smaller first, joined by a colon; empty for groups.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    member_count = models.PositiveIntegerField(_("members"), default=0, editable=False)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "direct_key"], name="conversations_one_direct_per_pair"),
            models.CheckConstraint(
                condition=models.Q(kind="direct", direct_key__isnull=False)
                | models.Q(kind="group", direct_key__isnull=True),
                name="conversations_direct_has_key",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class Member(TenantScoped, Identified):
    """A user in a conversation, seeing its log from `join_seq` on. Leaving deletes the row, the log keeps the event."""

    class Role(models.TextChoices):
        """What a member may change."""

        OWNER = "owner", _("owner")
        ADMIN = "admin", _("admin")
        MEMBER = "member", _("member")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="members", verbose_name=_("conversation")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MEMBER)
    join_seq = models.BigIntegerField(
        _("joined at seq"), default=1, help_text=_("First seq of the log that this member may see.")
    )
    may_write = models.BooleanField(
        _("may write"),
        default=True,
        db_default=True,
        editable=False,
        help_text=_("Not in a direct conversation while one of its two people blocks the other."),
    )

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="conversations_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
