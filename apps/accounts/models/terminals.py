"""Terminals: the installations of a client that users sign in from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.users import User
from apps.tenants.models import TenantScoped


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
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("terminal")
        verbose_name_plural = _("terminals")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return f"{self.get_platform_display()} {self.name}".strip()
