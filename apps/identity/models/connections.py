"""Connections: what a tenant has told of one identity provider or directory."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified, Versioned
from apps.orgs.models import Department
from apps.tenants.models import TenantScoped

MAX_CONNECTIONS: Final = 50
"""Of one tenant; a further one is refused. The sign-in page reads them all."""
MAX_DOMAINS: Final = 100
"""E-mail domains of one connection; a longer list is refused."""


class Connection(TenantScoped, Identified, Versioned):
    """One identity provider or directory of a tenant. `config` has the form that `configs` gives its kind."""

    class Kind(models.TextChoices):
        """What is spoken with it."""

        OIDC = "oidc", _("OpenID Connect")
        SAML = "saml", "SAML 2.0"
        FEISHU = "feishu", _("Feishu")
        DINGTALK = "dingtalk", _("DingTalk")
        WECOM = "wecom", _("WeCom")
        WEIXIN = "weixin", _("WeChat")
        LDAP = "ldap", _("LDAP or Active Directory")
        SCIM = "scim", "SCIM 2.0"

    class Provisioning(models.TextChoices):
        """What happens when somebody comes who is not known here."""

        OFF = "off", _("refuse")
        CREATE = "create", _("make an account")

    class Matching(models.TextChoices):
        """What happens when somebody comes for the first time whose e-mail address a person here has."""

        OFF = "off", _("don't link: she links it herself")
        EMAIL = "email", _("link by verified address: this provider alone gives out addresses of its domains")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=100, help_text=_("What people read on the button."))
    is_active = models.BooleanField(_("active"), default=True)
    config = models.JSONField(_("settings"), default=dict, editable=False)
    secret = models.TextField(_("secret"), blank=True, editable=False)
    """Sealed (`sealing`): what proves us to the provider or directory; none for a kind that needs none."""
    email_domains = ArrayField(models.CharField(max_length=253), default=list, blank=True, verbose_name=_("domains"))
    """Lower case. Empty: any address may come, and none is matched."""
    provisioning = models.CharField(
        _("unknown people"), max_length=16, choices=Provisioning.choices, default=Provisioning.OFF
    )
    matching = models.CharField(_("known addresses"), max_length=16, choices=Matching.choices, default=Matching.OFF)
    department = models.ForeignKey(
        Department,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department of new people"),
    )

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="identity_connection_name_once"),
            models.CheckConstraint(
                condition=models.Q(matching="off") | ~models.Q(email_domains=[]),
                name="identity_connection_matches_own_domains",
            ),
        ]

    def __str__(self) -> str:
        return self.name
