"""Terminals: the installations of a client that users sign in from, and which tokens each has signed in with."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.users import User
from apps.tenants.models import TenantScoped

MAX_LABEL_CHARS: Final = 64
"""Of a name that a person gives; a longer one is refused."""
MAX_ADDRESS_CHARS: Final = 45
"""An IPv6 address with an IPv4 address in its last part is that long (RFC 4291 §2.2)."""


class Terminal(TenantScoped):
    """One installation of a client that a user signs in from. Its id is made by the client and kept there."""

    class Platform(models.TextChoices):
        """What the client runs on; the same words as in the protocol."""

        WEB = "web", _("Web")
        IOS = "ios", "iOS"
        ANDROID = "android", "Android"
        WINDOWS = "windows", "Windows"
        MACOS = "macos", "macOS"
        LINUX = "linux", "Linux"
        BOT = "bot", _("Program")

    id = models.UUIDField(_("id"), primary_key=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="terminals", verbose_name=_("user"))
    platform = models.CharField(_("platform"), max_length=16, choices=Platform.choices)
    name = models.CharField(_("name"), max_length=64, blank=True)
    """What the client calls itself, said anew at each sign-in."""
    label = models.CharField(_("own name"), max_length=MAX_LABEL_CHARS, blank=True, default="", db_default="")
    """What the person calls it; no sign-in changes that."""
    address = models.CharField(
        _("address"), max_length=MAX_ADDRESS_CHARS, blank=True, default="", db_default="", editable=False
    )
    """Where it was last used from."""
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    """It never signs in again."""
    displaced_at = models.DateTimeField(_("closed for another one at"), null=True, blank=True, editable=False)
    """When another terminal took its place, where the tenant bounds their number; a new sign-in takes one back."""
    displaced_by = models.CharField(
        _("closed for"), max_length=MAX_LABEL_CHARS, blank=True, default="", db_default="", editable=False
    )
    """The name of that one, as this one is told."""

    class Meta:
        verbose_name = _("terminal")
        verbose_name_plural = _("terminals")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [
            # What every node looks up every few seconds: who was shut out just now.
            models.Index(
                fields=["revoked_at"], name="accounts_terminal_revoked", condition=models.Q(revoked_at__isnull=False)
            ),
            models.Index(
                fields=["displaced_at"],
                name="accounts_terminal_displaced",
                condition=models.Q(displaced_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.get_platform_display()} {self.name}".strip()


class TerminalToken(TenantScoped):
    """A terminal has signed in with this token, or with another one of its chain.

    A chain is what one sign-in of a person led to: an access token and all that its refresh tokens were exchanged for
    (`token_family`). Tokens that nothing refreshes are a chain of one. No foreign key leads to the tokens, which come
    and go by the hour: a row whose chain has ended is harmless.
    """

    terminal = models.ForeignKey(Terminal, on_delete=models.CASCADE, related_name="chains", db_constraint=False)
    token_family = models.UUIDField(null=True)
    access_token_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token_family__isnull=False) ^ models.Q(access_token_id__isnull=False),
                name="accounts_terminaltoken_one_chain",
            ),
            models.UniqueConstraint(fields=["terminal", "token_family"], name="accounts_terminaltoken_family"),
            models.UniqueConstraint(fields=["terminal", "access_token_id"], name="accounts_terminaltoken_access"),
        ]
        indexes = [
            # From a token that is revoked to the terminals that use it.
            models.Index(fields=["token_family"], name="accounts_terminaltoken_of_fam"),
            models.Index(fields=["access_token_id"], name="accounts_terminaltoken_of_tok"),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id} {self.token_family or self.access_token_id}"
