"""Programs that ask for tokens (OAuth2 clients): whose they are, what people allowed them, and codes they were given.

The clients, codes and tokens themselves are rows of django-oauth-toolkit; these here say what it does not know.
"""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.users import User
from apps.common.models import Identified, Versioned
from apps.tenants.models import TenantScoped

_APPLICATION: Final = "oauth2_provider.Application"

MAX_DESCRIPTION_CHARS: Final = 500
"""Of what a program does, in words for people; a longer one is refused."""
MAX_SCOPE_CHARS: Final = 100
"""Of one scope; permission units have shorter codes."""
MAX_AMR_CHARS: Final = 64
"""Of the ways somebody proved who she is, as words with spaces between (RFC 8176)."""


class Registration(TenantScoped, Identified, Versioned):
    """An application is a tenant's: its people alone may use it. Those of the system's tenant serve everybody.

    An application without a registration is nobody's and works for nobody, but for the two that come with imsite.
    """

    class Kind(models.TextChoices):
        """What sort of program it is; client type and grant type follow from it."""

        SITE = "site", _("Website with a server of its own")
        APP = "app", _("App on a device or in a browser")
        SERVICE = "service", _("Program that works in its own name")
        OWN = "own", _("Own program that asks for passwords")

    application = models.OneToOneField(
        _APPLICATION,
        on_delete=models.CASCADE,
        related_name="registration",
        verbose_name=_("application"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    description = models.CharField(_("what it does"), max_length=MAX_DESCRIPTION_CHARS, blank=True)
    homepage = models.URLField(_("its website"), blank=True)
    scopes = ArrayField(
        models.CharField(max_length=MAX_SCOPE_CHARS), default=list, verbose_name=_("what it may ask for")
    )

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return str(self.application)


class Consent(TenantScoped, Identified):
    """A person allowed a program these scopes. Asked for no more than that, she is not asked again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents", verbose_name=_("user"))
    application = models.ForeignKey(
        _APPLICATION,
        on_delete=models.CASCADE,
        related_name="consents",
        verbose_name=_("application"),
    )
    scopes = ArrayField(models.CharField(max_length=MAX_SCOPE_CHARS), default=list, verbose_name=_("scopes"))
    given_at = models.DateTimeField(_("given at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["user", "application"], name="accounts_consent_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.application_id}"


class IssuedCode(TenantScoped):
    """An authorization code that was handed out: how its user had signed in, and what it was exchanged for.

    Outlives the toolkit's row, so that a code shown a second time is recognised and ends what the first one began (RFC
    6749 §4.1.2). The code itself is kept as a digest.
    """

    checksum = models.CharField(max_length=64, primary_key=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    application_id = models.BigIntegerField()
    signed_in_at = models.DateTimeField()
    amr = models.CharField(max_length=MAX_AMR_CHARS, blank=True)
    token_family = models.UUIDField(null=True)
    """Of the tokens it was exchanged for; none while it was not."""
    issued_at = models.DateTimeField()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["issued_at"], name="accounts_issuedcode_age")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.application_id}"
