"""How the admin looks and what its sidebar lists. Read by django-unfold."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(*codes: str) -> Callable[[HttpRequest], bool]:
    """Return whether whoever asks has one of the units anywhere. What knows units is imported late."""

    def may(request: HttpRequest) -> bool:
        from apps.access.admin import has_unit
        from apps.access.units import find_unit

        return any(has_unit(request, find_unit(code)) for code in codes)

    return may


def _link(title: Any, icon: str, page: str, *units: str) -> dict[str, Any]:
    """One line of the sidebar, for those who may see what is behind it."""
    return {"title": title, "icon": icon, "link": reverse_lazy(page), "permission": _may(*units)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "imsite",
    "SITE_HEADER": "imsite",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "forum",
    "SITE_URL": "/chat/",
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "imsite.admin.fill_dashboard",
    "LANGUAGES": {"action": reverse_lazy("set_language")},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .214 259.8)",
            "600": "oklch(54.6% .245 262.9)",
            "700": "oklch(48.8% .243 264.4)",
            "800": "oklch(42.4% .199 265.6)",
            "900": "oklch(37.9% .146 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {"items": [{"title": _("Overview"), "icon": "dashboard", "link": reverse_lazy("admin:index")}]},
            {
                "title": _("Directory"),
                "separator": True,
                "items": [
                    _link(_("Department tree"), "account_tree", "orgs_tree:overview", "orgs.department.view"),
                    _link(_("People"), "group", "admin:accounts_user_changelist", "orgs.people.view"),
                    _link(_("Places"), "badge", "admin:orgs_placement_changelist", "orgs.people.view"),
                    _link(_("Departments"), "lan", "admin:orgs_department_changelist", "orgs.department.view"),
                    _link(_("Organisations"), "domain", "admin:orgs_organisation_changelist", "orgs.organisation.view"),
                    _link(
                        _("Import and export"),
                        "swap_vert",
                        "orgs_exchange:overview",
                        "orgs.exchange.import",
                        "orgs.exchange.export",
                    ),
                    _link(_("Agreements"), "handshake", "admin:orgs_agreement_changelist", "orgs.organisation.view"),
                ],
            },
            {
                "title": _("Powers"),
                "separator": True,
                "items": [
                    _link(_("Grants"), "verified_user", "admin:access_grant_changelist", "access.grants.view"),
                    _link(_("Roles"), "shield_person", "admin:access_role_changelist", "access.roles.view"),
                    _link(_("Audit log"), "history", "admin:audit_entry_changelist", "audit.entries.view"),
                ],
            },
            {
                "title": _("Messaging"),
                "separator": True,
                "items": [
                    _link(
                        _("Conversations"),
                        "forum",
                        "admin:conversations_conversation_changelist",
                        "conversations.conversations.view",
                    ),
                ],
            },
            {
                "title": _("Programs"),
                "separator": True,
                "items": [
                    _link(
                        _("Service accounts"),
                        "smart_toy",
                        "admin:accounts_serviceaccount_changelist",
                        "accounts.service_accounts.view",
                    ),
                    _link(
                        _("Sign-in elsewhere"),
                        "hub",
                        "admin:identity_connection_changelist",
                        "identity.connections.view",
                    ),
                    _link(
                        _("Directory runs"),
                        "sync",
                        "admin:identity_directoryrun_changelist",
                        "identity.connections.view",
                    ),
                    _link(_("Linked accounts"), "link", "admin:identity_link_changelist", "identity.links.view"),
                    _link(_("Terminals"), "devices", "admin:accounts_terminal_changelist", "accounts.terminals.view"),
                    _link(_("Browsers"), "web", "admin:accounts_browsersession_changelist", "accounts.terminals.view"),
                    _link(
                        _("Access tokens"),
                        "key",
                        "admin:oauth2_provider_accesstoken_changelist",
                        "accounts.tokens.view",
                    ),
                    _link(
                        _("Refresh tokens"),
                        "autorenew",
                        "admin:oauth2_provider_refreshtoken_changelist",
                        "accounts.tokens.view",
                    ),
                    _link(
                        _("Applications"),
                        "apps",
                        "admin:accounts_registration_changelist",
                        "accounts.applications.view",
                    ),
                ],
            },
            {
                "title": _("Installation"),
                "separator": True,
                "items": [
                    _link(_("Tenants"), "corporate_fare", "admin:tenants_tenant_changelist", "tenants.tenant.view"),
                    _link(_("Jobs"), "schedule", "admin:jobs_job_changelist", "jobs.jobs.view"),
                    {
                        "title": _("Cluster"),
                        "icon": "hub",
                        "link": reverse_lazy("cluster:overview"),
                        "permission": lambda request: request.user.is_superuser,
                    },
                    {
                        "title": _("Live figures"),
                        "icon": "monitoring",
                        "link": reverse_lazy("monitor:overview"),
                        "permission": lambda request: request.user.is_superuser,
                    },
                ],
            },
        ],
    },
}
