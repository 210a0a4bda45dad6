"""Where things are that belong to a person: where she is. Where people are, the directory knows, above this app."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.access.locators import locator_of
from apps.access.scopes import SYSTEM, Scope
from apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class OwnerLocator:
    """Rows with a key to a user, such as tokens. What belongs to nobody is the system's."""

    field: str = "user"

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition that a row's user lies within one of the scopes."""
        if SYSTEM in scopes:
            return Q()
        people = User.unscoped.filter(locator_of(User).within(scopes))
        return Q(**{f"{self.field}__in": people.values("pk")})

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return where the row's user is."""
        owner = getattr(obj, self.field)
        return (SYSTEM,) if owner is None else locator_of(User).scopes_of(owner)
