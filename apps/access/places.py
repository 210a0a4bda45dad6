"""Whether a scope leads to a place that is there, asked of the apps above, which have the rows.

Each registers one function per level. `hold` is for services that make something at a scope: until their transaction
ends the place is neither deleted nor moved.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from apps.access.scopes import Level, Scope

Hold = Callable[[Scope], None]
"""Lock the row that a move or deletion of the place locks, too. Raises ScopeNotFound."""


class Places:
    """One keeper per level, and who knows the tenant of those who run the installation."""

    def __init__(self) -> None:
        self._keepers: dict[Level, Hold] = {}
        self._is_system: Callable[[UUID], bool] | None = None

    def register_keeper(self, level: Level, hold: Hold) -> None:
        """Name who holds places of this level. Raises ImproperlyConfigured if somebody else does."""
        if self._keepers.setdefault(level, hold) is not hold:
            raise ImproperlyConfigured(f"places of level {level.name} have two keepers")

    def register_system_tenant(self, is_system: Callable[[UUID], bool]) -> None:
        """Name who tells whether a tenant is that of the people who run the installation."""
        self._is_system = is_system

    def hold(self, scope: Scope) -> None:
        """Keep the place as it is until the transaction ends; the system stays anyway. Raises ScopeNotFound."""
        if scope.level is Level.SYSTEM:
            return
        keeper = self._keepers.get(scope.level)
        if keeper is None:
            raise ImproperlyConfigured(f"nobody keeps places of level {scope.level.name}")
        keeper(scope)

    def is_system_tenant(self, tenant_id: UUID) -> bool:
        """Tell whether people of this tenant may hold powers anywhere."""
        if self._is_system is None:
            raise ImproperlyConfigured("nobody tells which tenant is the system's")
        return self._is_system(tenant_id)


_places: Final = Places()
register_keeper: Final = _places.register_keeper
register_system_tenant: Final = _places.register_system_tenant
hold: Final = _places.hold
is_system_tenant: Final = _places.is_system_tenant
