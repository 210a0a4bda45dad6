"""Users.

A user belongs to one tenant for ever. `login` (`alice@demo`) is her name across the installation: derived from
username and tenant by `services.create_user`, unique, and what Django and OAuth2 sign in with.
"""

from datetime import UTC
from typing import ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified, Versioned
from apps.common.text import normalized_identifier
from apps.tenants.models import TenantScoped

_PAGES_SALT: Final = "apps.accounts.models.User.pages_ended_at"


class UserManager(BaseUserManager["User"]):
    """Finds users across tenants by their login, which names the tenant. Users are made by the services."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this login and her tenant; case, width and surrounding white space do not count."""
        return self.select_related("tenant").get(login=normalized_identifier(username or ""))


class User(TenantScoped, Identified, Versioned, AbstractBaseUser, PermissionsMixin):
    """A person, or a service account: a program with a name and powers of its own."""

    class Kind(models.TextChoices):
        """What stands behind an account. It never changes."""

        PERSON = "person", _("person")
        SERVICE = "service", _("service account")

    username = models.CharField(_("user name"), max_length=64)
    login = models.CharField(_("sign-in name"), max_length=128, unique=True, editable=False)
    display_name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    locale = models.CharField(_("language"), max_length=16, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.PERSON, db_default=Kind.PERSON, editable=False
    )
    """Service accounts come in by client credentials only: no password, no page, no linked account is theirs."""
    signed_out_at = models.DateTimeField(_("signed out at"), null=True, blank=True, editable=False)
    """When all her programs were last signed out at once. Sessions older than that have to sign in again."""
    pages_ended_at = models.DateTimeField(_("browsers signed out at"), null=True, blank=True, editable=False)
    """When the browser sessions of her pages were last ended at once (`get_session_auth_hash`)."""
    password_set_at = models.DateTimeField(_("password set at"), null=True, blank=True, editable=False)
    """When she was given the password she has; where nothing is known, as old as her account."""
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1, editable=False)
    search_text = models.TextField(default="", db_default="", blank=True, editable=False)
    search_grams = ArrayField(models.TextField(), default=list, db_default=[], blank=True, editable=False)
    """How her names are found (`apps.common.search`); written with them by the services, see `services.naming`.
    The database has defaults of its own, for nodes of the release before these columns."""

    own_requests_per_minute: int | None = None
    """No column: what a service account may ask of REST, known once a request has let it in."""

    unscoped: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "username"], name="accounts_user_username_once_per_tenant"),
        ]
        indexes = [
            # Without the list of pending entries, which every search would have to read to its end.
            GinIndex(fields=["search_grams"], name="accounts_user_found", fastupdate=False),
            models.Index(fields=["tenant", "display_name", "id"], name="accounts_user_listed"),
            # What every node looks up every few seconds: who was signed out just now.
            models.Index(
                fields=["signed_out_at"],
                name="accounts_user_signed_out",
                condition=models.Q(signed_out_at__isnull=False),
            ),
            # The few who do not count, so that counting everybody else need not look at them.
            models.Index(fields=["tenant"], name="accounts_user_inactive", condition=models.Q(is_active=False)),
        ]

    def __str__(self) -> str:
        return self.login

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a browser session of hers is checked by: another one once they were all ended."""
        by_password: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # not in the stubs
        if self.pages_ended_at is None:
            return by_password
        ended_at = self.pages_ended_at.astimezone(UTC).isoformat()
        return salted_hmac(_PAGES_SALT, f"{by_password} {ended_at}", secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """Name shown to people."""
        return self.display_name

    def get_short_name(self) -> str:
        """Name shown where there is little room."""
        return self.display_name or self.username
