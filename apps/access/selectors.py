"""Reading powers, grants and roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.access.errors import GrantNotFound, RoleNotFound
from apps.access.models import Grant, Role
from apps.access.policies import ALL, NONE, Powers
from apps.access.roles import BUILTIN_ROLES, BuiltinRole, held_by
from apps.access.scopes import Scope
from apps.access.units import AUDIT_VIEW, GRANTS_VIEW, Unit, find_unit
from apps.audit.models import Entry
from apps.common.prefixes import below_paths


class Actor(Protocol):
    """Whoever does something: a user, as this app needs to know her."""

    @property
    def id(self) -> UUID:
        """Her id."""

    @property
    def tenant_id(self) -> UUID:
        """Her tenant's id."""

    @property
    def login(self) -> str:
        """Her name across the installation."""

    @property
    def is_active(self) -> bool:
        """False for somebody who may not sign in: she has no powers either."""

    @property
    def is_superuser(self) -> bool:
        """True for somebody who may do everything, whatever is granted."""


@dataclass(frozen=True, slots=True)
class Program:
    """An actor that is nobody's account: a part of the installation that does what a tenant has set it up to do.

    It brings its powers along instead of having grants. `login` is what the audit log calls it.
    """

    id: UUID
    tenant_id: UUID
    login: str
    powers: Powers
    is_active: bool = True
    is_superuser: bool = False


_LIMITS: Final = "_im_limited_to"


def limit_powers(user: Actor, codes: Iterable[str]) -> None:
    """Let this very object stand for her with no more powers than these units, whatever is granted to her.

    A program that acts in her name has the units of its scopes; what it asks for goes by the same rules as what she
    does herself. Codes that are no units mean nothing.
    """
    found = (find_unit(code) for code in codes)
    setattr(user, _LIMITS, frozenset(unit for unit in found if unit is not None))


def powers_of(user: Actor, *, now: datetime) -> Powers:
    """Return what the user may do at this moment. One query; none for a superuser, a program, or somebody inactive."""
    if not user.is_active:
        return NONE
    if isinstance(user, Program):
        return user.powers
    own = ALL if user.is_superuser else Powers(tuple(held_by(grant) for grant in current_grants(user, now=now)))
    limits: frozenset[Unit] | None = getattr(user, _LIMITS, None)
    return own if limits is None else own.narrowed(limits)


def current_grants(user: Actor, *, now: datetime) -> QuerySet[Grant]:
    """Return the user's grants that have not ended, by scope, role and id, with their roles. One query."""
    own = Grant.objects.for_tenant(user.tenant_id).filter(user_id=user.id)
    return own.filter(not_ended(now)).select_related("custom").order_by("scope", "role", "id")


def grants_within(powers: Powers) -> QuerySet[Grant]:
    """Return the grants, ended ones too, at all scopes that these powers let one see. Unordered."""
    return Grant.unscoped.filter(below(powers.scopes(GRANTS_VIEW))).select_related("custom")


def get_grant(powers: Powers, grant_id: UUID) -> Grant:
    """Return one grant that these powers let one see. Raises GrantNotFound. One query."""
    grant = grants_within(powers).filter(pk=grant_id).first()
    if grant is None:
        raise GrantNotFound(grant=str(grant_id))
    return grant


def entries_within(powers: Powers) -> QuerySet[Entry]:
    """Return the entries of the audit log at all scopes where these powers let one read it. Unordered."""
    return Entry.unscoped.filter(below(powers.scopes(AUDIT_VIEW)))


def find_role(key: str, *, tenant_ids: tuple[UUID, ...]) -> BuiltinRole | Role:
    """Return the built-in role with this key, or the role of the first of these tenants that has one.

    A role of a tenant is also found by its id in hexadecimal, as grants have it. Raises RoleNotFound. At most one query
    per tenant.
    """
    builtin = BUILTIN_ROLES.get(key)
    if builtin is not None:
        return builtin
    for tenant_id in tenant_ids:
        custom = Role.objects.for_tenant(tenant_id).filter(_named(key)).first()
        if custom is not None:
            return custom
    raise RoleNotFound(role=key)


def roles_of(tenant_id: UUID) -> QuerySet[Role]:
    """Return the roles that a tenant made, by name and id."""
    return Role.objects.for_tenant(tenant_id).order_by("name", "id")


def not_ended(now: datetime) -> Q:
    """Return the condition that a grant counts at this moment."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=now)


def below(scopes: Iterable[Scope], *, field: str = "scope") -> Q:
    """Return the condition that a column with a scope path lies at or below one of the scopes."""
    return below_paths((scope.path for scope in scopes), field=field)


def _named(key: str) -> Q:
    try:
        return Q(key=key) | Q(pk=UUID(hex=key))
    except ValueError:
        return Q(key=key)
