"""Where rows are: which of a model's rows lie within some scopes, and at which scopes a row lies.

The admin and REST ask it to leave out what is outside somebody's powers. An app registers locators for its models;
what has none is found by its tenant alone, so admins of organisations and departments see nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model, Q

from apps.access.scopes import SYSTEM, Level, Scope, tenant_scope
from apps.access.selectors import below
from apps.common.prefixes import NOTHING


class Locator(Protocol):
    """Knows where the rows of one model are."""

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition that a row lies within one of the scopes."""

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return the scopes at which a row lies: several for somebody in several departments."""


@dataclass(frozen=True, slots=True)
class TenantLocator:
    """Rows that belong to a tenant as a whole. `path`: the lookup that leads to the tenant's id."""

    path: str = "tenant_id"

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition; a scope inside a tenant holds none of these rows."""
        if SYSTEM in scopes:
            return Q()
        tenants = [scope.tenant_id for scope in scopes if scope.level is Level.TENANT]
        return Q(**{f"{self.path}__in": tenants}) if tenants else NOTHING

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return the row's tenant."""
        value = obj
        for step in self.path.split("__"):
            value = getattr(value, step)
        return (tenant_scope(value),)


@dataclass(frozen=True, slots=True)
class PathLocator:
    """Rows that say themselves where they are. `field`: the column with the scope path."""

    field: str = "scope"

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition, a prefix of the column per scope."""
        return below(scopes, field=self.field)

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return the row's scope."""
        return (Scope(getattr(obj, self.field)),)


class SystemLocator:
    """Rows of the installation as a whole, such as models of libraries."""

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return all rows to whoever runs the installation, none to others."""
        return Q() if SYSTEM in scopes else NOTHING

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return the system."""
        return (SYSTEM,)


class Locators:
    """One locator per model, by its label: `accounts.User`."""

    def __init__(self) -> None:
        self._by_label: dict[str, Locator] = {}

    def register(self, model_label: str, locator: Locator) -> None:
        """Name the locator of a model. Raises ImproperlyConfigured if it has another one."""
        if self._by_label.setdefault(model_label.lower(), locator) != locator:
            raise ImproperlyConfigured(f"{model_label} has two locators")

    def find(self, model: type[Model]) -> Locator:
        """Return the registered one; otherwise by the model's tenant, or the system's where it has none."""
        registered = self._by_label.get(model._meta.label_lower)
        if registered is not None:
            return registered
        return _BY_TENANT if _has_tenant(model) else _BY_SYSTEM


_BY_TENANT: Final = TenantLocator()
_BY_SYSTEM: Final = SystemLocator()
_locators: Final = Locators()
register_locator: Final = _locators.register
locator_of: Final = _locators.find


def _has_tenant(model: type[Model]) -> bool:
    for name in ("tenant", "tenant_id"):
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        return True
    return False
