"""Where somebody has powers, by the names of the places."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.access.admin import has_unit, powers_at
from apps.access.scopes import SYSTEM, Level, Scope
from apps.orgs.models import Department
from apps.orgs.units import DEPARTMENT_VIEW
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_VIEW
from imsite.overview.cards import NAMED, Link


def read_places(request: HttpRequest) -> list[Link]:
    """Return the first NAMED places where she has powers, the widest first. Two queries at most."""
    powers = powers_at(request)
    scopes = sorted({SYSTEM} if powers.is_all else {each.scope for each in powers.held})[:NAMED]
    found = _departments(request, scopes) | _tenants(request, scopes)
    return [Link(_("the whole system"), "") if scope == SYSTEM else found.get(scope, Link("–", "")) for scope in scopes]


def _departments(request: HttpRequest, scopes: list[Scope]) -> dict[Scope, Link]:
    paths = [scope.path for scope in scopes if scope.level > Level.TENANT]
    if not paths:
        return {}
    rows = Department.unscoped.filter(path__in=paths).values_list("path", "name", "pk")
    may_open = has_unit(request, DEPARTMENT_VIEW)
    return {Scope(path): Link(name, _page("orgs_department", key) if may_open else "") for path, name, key in rows}


def _tenants(request: HttpRequest, scopes: list[Scope]) -> dict[Scope, Link]:
    by_id = {scope.tenant_id: scope for scope in scopes if scope.tenant_id and scope.level is Level.TENANT}
    if not by_id:
        return {}
    may_open = has_unit(request, TENANT_VIEW)
    rows = Tenant.objects.filter(pk__in=by_id).values_list("pk", "name")
    return {by_id[key]: Link(name, _page("tenants_tenant", key) if may_open else "") for key, name in rows}


def _page(name: str, key: object) -> str:
    return reverse(f"admin:{name}_change", args=[key])
