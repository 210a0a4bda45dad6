"""Where the directory's rows are: organisations, departments, places, agreements, and people with what is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.access.locators import PathLocator, register_locator
from apps.access.scopes import SYSTEM, Level, Scope, organisation_scope
from apps.access.selectors import below
from apps.accounts.models import User
from apps.common.prefixes import NOTHING
from apps.orgs.models import Placement
from apps.orgs.selectors.lookup import person_scopes


@dataclass(frozen=True, slots=True)
class OrganisationLocator:
    """Rows of one organisation as a whole. `field`: the column with its id. A department's scope holds none of them."""

    field: str = "id"

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition that a row's organisation is one of the scopes, or within one."""
        if SYSTEM in scopes:
            return Q()
        found = NOTHING
        for scope in scopes:
            if scope.level is Level.TENANT:
                found |= Q(tenant_id=scope.tenant_id)
            elif scope.level is Level.ORGANISATION:
                found |= Q(**{self.field: scope.organisation_id})
        return found

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return the organisation's scope."""
        return (organisation_scope(obj.tenant_id, getattr(obj, self.field)),)


class PlacementLocator:
    """Places of people: where their departments are."""

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition on the department's path."""
        return below(tuple(scopes), field="department__path")

    def scopes_of(self, obj: Placement) -> tuple[Scope, ...]:
        """Return the department's scope."""
        return (obj.department.scope,)


@dataclass(frozen=True, slots=True)
class PersonLocator:
    """People, at each of their places; whoever has none is of the tenant at large. `field`: the column with her id,
    `owner`: the attribute that leads to her, none for people themselves.
    """

    field: str = "id"
    owner: str = ""

    def within(self, scopes: Sequence[Scope]) -> Q:
        """Return the condition that the person is of the tenant, or has a place within one of the scopes."""
        if SYSTEM in scopes:
            return Q()
        found = NOTHING
        for scope in scopes:
            tenant_id = scope.tenant_id
            if tenant_id is None or scope.level is Level.TENANT:
                found |= Q(tenant_id=tenant_id)
            else:
                places = Placement.objects.for_tenant(tenant_id).filter(below((scope,), field="department__path"))
                found |= Q(**{"tenant_id": tenant_id, f"{self.field}__in": places.values("user_id")})
        return found

    def scopes_of(self, obj: Any) -> tuple[Scope, ...]:
        """Return where the person is. One query."""
        person: User = getattr(obj, self.owner) if self.owner else obj
        return person_scopes(person)


def register_locators() -> None:
    """Tell `access` of them all."""
    register_locator("orgs.Organisation", OrganisationLocator())
    register_locator("orgs.Agreement", OrganisationLocator("from_organisation_id"))
    register_locator("orgs.Department", PathLocator("path"))
    register_locator("orgs.Placement", PlacementLocator())
    register_locator("orgs.PersonSettings", PersonLocator("user_id", owner="user"))
    register_locator("accounts.User", PersonLocator())
    register_locator("accounts.Terminal", PersonLocator("user_id", owner="user"))
    register_locator("accounts.BrowserSession", PersonLocator("user_id", owner="user"))
