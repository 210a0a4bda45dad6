"""Whom a program serves, and what it may ask for: what every endpoint of OAuth2 asks before anything else.

These questions come before anybody is known, or cross from one tenant's person to another's program; so they are asked
unbound by the wall between tenants, and answer nothing but yes or no.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.access import places
from apps.accounts.models import Registration, User
from apps.accounts.policies import SCOPE
from apps.accounts.services.applications import BUILT_IN
from apps.accounts.services.scopes import IDENTITY, scope_texts
from apps.common.wall.binding import unbound

_KEPT: Final = "_im_standing"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an application is here. `tenant_id`: whose people it serves; None for everybody's."""

    kind: str
    scopes: tuple[str, ...]
    tenant_id: UUID | None
    description: str = ""
    homepage: str = ""

    def serves(self, tenant_id: UUID) -> bool:
        """Tell whether people of this tenant may use it."""
        return self.tenant_id is None or self.tenant_id == tenant_id


def standing_of(application: Any) -> Standing | None:
    """Return what an application is here; None for one that is nobody's and works for nobody.

    One query at most, and one more where the tenant is the system's; none when asked again of the same object.
    """
    if hasattr(application, _KEPT):
        kept: Standing | None = getattr(application, _KEPT)
        return kept
    found = _look_up(application)
    setattr(application, _KEPT, found)
    return found


def available_scopes(application: Any) -> list[str]:
    """Return what an application may ask for, of the scopes that there are now."""
    standing = standing_of(application)
    return [] if standing is None else [code for code in scope_texts() if code in standing.scopes]


def is_served(user: User | None, application: Any) -> bool:
    """Tell whether this person, or this service account, may be reached through the application."""
    standing = standing_of(application)
    return user is not None and standing is not None and standing.serves(user.tenant_id)


def _look_up(application: Any) -> Standing | None:
    if application.client_id in BUILT_IN:
        return Standing(Registration.Kind.OWN, (SCOPE, *IDENTITY), None)
    with unbound():
        row = Registration.unscoped.filter(application_id=application.pk).first()
        if row is None:
            return None
        owner = None if places.is_system_tenant(row.tenant_id) else row.tenant_id
    return Standing(row.kind, tuple(row.scopes), owner, row.description, row.homepage)
