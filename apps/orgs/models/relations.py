"""What organisations and people agree on: agreements, contacts, blocks."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified, Versioned
from apps.orgs.models.departments import Organisation
from apps.tenants.models import TenantScoped


class Agreement(TenantScoped, Identified, Versioned):
    """One organisation lets the people of another one see, or also write to, its own people. It says nothing of the
    other direction.
    """

    from_organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="agreements_given",
        verbose_name=_("organisation that allows"),
    )
    to_organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="agreements_got",
        verbose_name=_("organisation that is allowed"),
    )
    may_see = models.BooleanField(_("may see"), default=True)
    may_write = models.BooleanField(_("may write"), default=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["from_organisation", "to_organisation"], name="orgs_agreement_once"),
            models.CheckConstraint(condition=~Q(from_organisation=F("to_organisation")), name="orgs_agreement_of_two"),
            models.CheckConstraint(
                condition=Q(may_see=True) | Q(may_write=False), name="orgs_agreement_write_needs_see"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_organisation_id} -> {self.to_organisation_id}"


class Contact(TenantScoped, Identified):
    """Two people, one of whom asked the other. One row per pair, whoever asked."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("accepted")

    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contacts_asked", verbose_name=_("asked by")
    )
    other = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contacts_got", verbose_name=_("asked")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.ASKED)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(
                Least("requester", "other"), Greatest("requester", "other"), name="orgs_contact_once_per_pair"
            ),
            models.CheckConstraint(condition=~Q(requester=F("other")), name="orgs_contact_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.requester_id} - {self.other_id}"


class Block(TenantScoped, Identified):
    """A person does not want to hear from another one, who is not told."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks", verbose_name=_("person")
    )
    blocked = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocked_by", verbose_name=_("blocked")
    )

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["user", "blocked"], name="orgs_block_once"),
            models.CheckConstraint(condition=~Q(user=F("blocked")), name="orgs_block_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} x {self.blocked_id}"
