"""Roles that tenants make for themselves, and grants.

Both know tenants and users by their ids alone: they lie below them. Built-in roles are no rows (`roles`).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat, Replace
from django.utils.translation import gettext_lazy as _

from apps.access.scopes import MAX_PATH_CHARS, Scope
from apps.common.models import Identified, TenantKeyed, Versioned

MAX_ROLE_KEY_CHARS = 64
"""A built-in role's key, or the id of a role of a tenant."""


class Role(TenantKeyed, Identified, Versioned):
    """A set of units under a name, made by a tenant for its own people."""

    key = models.SlugField(_("short name"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    units = ArrayField(models.CharField(max_length=100), verbose_name=_("permissions"), default=list)
    """Codes. Those that no app has any more count for nothing."""

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "key"], name="access_role_key_once_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name


_OWN_PATH = Concat(Value("t:"), Replace(Cast("tenant_id", models.CharField()), Value("-"), Value("")))


class Grant(TenantKeyed, Identified):
    """Somebody has a role at a scope. The tenant is hers; the scope may be another's for the system's people only."""

    user_id = models.UUIDField(_("user"), editable=False)
    role = models.CharField(_("role"), max_length=MAX_ROLE_KEY_CHARS)
    """The key of a built-in role; of a tenant's own, which `custom` then is, its id in hexadecimal."""
    custom = models.ForeignKey(Role, on_delete=models.PROTECT, null=True, related_name="grants", editable=False)
    scope = models.CharField(_("scope"), max_length=MAX_PATH_CHARS, blank=True, db_index=True)
    is_of_system = models.BooleanField(default=False, editable=False)
    """Whether the tenant is that of the people who run the installation."""
    expires_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    granted_by = models.UUIDField(_("granted by"), null=True, editable=False)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["tenant_id", "user_id"], name="access_grant_by_user")]
        constraints = [
            models.UniqueConstraint(fields=["user_id", "role", "scope"], name="access_grant_once"),
            models.CheckConstraint(
                name="access_grant_within_own_tenant",
                condition=Q(is_of_system=True)
                | Q(scope=_OWN_PATH)
                | Q(scope__startswith=Concat(_OWN_PATH, Value("/"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.scope or '/'}"

    @property
    def place(self) -> Scope:
        """The scope as a value."""
        return Scope(self.scope)
