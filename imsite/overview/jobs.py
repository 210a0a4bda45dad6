"""The jobs of every day, as far as somebody may do them: links at the top of the first page. No queries."""

from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.access.admin import powers_at
from apps.access.scopes import Level
from apps.access.units import AUDIT_VIEW, GRANTS_CHANGE
from apps.identity.units import CONNECTIONS_VIEW
from apps.orgs.units import DEPARTMENT_VIEW, EXCHANGE_EXPORT, EXCHANGE_IMPORT, ORGANISATION_CHANGE, PEOPLE_CHANGE
from apps.tenants.units import TENANT_MANAGE
from imsite.overview.cards import Link

_EXCHANGE: Final = "orgs_exchange:overview"
_JOBS: Final = (
    (TENANT_MANAGE, _("Add a tenant"), "add_business", "admin:tenants_tenant_add", Level.DEPARTMENT),
    (PEOPLE_CHANGE, _("Add a person"), "person_add", "admin:accounts_user_add", Level.DEPARTMENT),
    (PEOPLE_CHANGE, _("Place somebody"), "badge", "admin:orgs_placement_add", Level.DEPARTMENT),
    (DEPARTMENT_VIEW, _("Open the tree"), "account_tree", "orgs_tree:overview", Level.DEPARTMENT),
    (EXCHANGE_IMPORT, _("Import a list"), "upload", _EXCHANGE, Level.DEPARTMENT),
    (EXCHANGE_EXPORT, _("Export a list"), "download", _EXCHANGE, Level.DEPARTMENT),
    (ORGANISATION_CHANGE, _("Add an organisation"), "domain_add", "admin:orgs_organisation_add", Level.TENANT),
    (GRANTS_CHANGE, _("Grant a role"), "verified_user", "admin:access_grant_add", Level.DEPARTMENT),
    (CONNECTIONS_VIEW, _("Sign-in elsewhere"), "hub", "admin:identity_connection_changelist", Level.DEPARTMENT),
    (AUDIT_VIEW, _("Search the audit log"), "manage_search", "admin:audit_entry_changelist", Level.DEPARTMENT),
)
"""The last is how wide a scope must be at least: a new organisation is made in a tenant."""


def jobs_of(request: HttpRequest) -> list[Link]:
    """Return the jobs that her units let her do somewhere."""
    powers = powers_at(request)
    return [
        Link(str(text), reverse(page), icon)
        for unit, text, icon, page, widest in _JOBS
        if any(scope.level <= widest for scope in powers.scopes(unit))
    ]
