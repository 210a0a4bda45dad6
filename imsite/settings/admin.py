"""How the admin looks and what its sidebar lists. Read by django-unfold."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _link(title: Any, icon: str, page: str, permission: str) -> dict[str, Any]:
    """One line of the sidebar, for those who may see what is behind it."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}"),
        "permission": lambda request: request.user.has_perm(permission),
    }


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
                "title": _("People"),
                "separator": True,
                "items": [
                    _link(_("Tenants"), "domain", "tenants_tenant_changelist", "tenants.view_tenant"),
                    _link(_("Users"), "group", "accounts_user_changelist", "accounts.view_user"),
                    _link(_("Terminals"), "devices", "accounts_terminal_changelist", "accounts.view_terminal"),
                    _link(_("Permission groups"), "shield_person", "auth_group_changelist", "auth.view_group"),
                ],
            },
            {
                "title": _("Messaging"),
                "separator": True,
                "items": [
                    _link(
                        _("Conversations"),
                        "forum",
                        "conversations_conversation_changelist",
                        "conversations.view_conversation",
                    ),
                ],
            },
            {
                "title": _("Programs"),
                "separator": True,
                "items": [
                    _link(
                        _("Applications"),
                        "apps",
                        "oauth2_provider_application_changelist",
                        "oauth2_provider.view_application",
                    ),
                    _link(
                        _("Access tokens"),
                        "key",
                        "oauth2_provider_accesstoken_changelist",
                        "oauth2_provider.view_accesstoken",
                    ),
                    _link(
                        _("Refresh tokens"),
                        "autorenew",
                        "oauth2_provider_refreshtoken_changelist",
                        "oauth2_provider.view_refreshtoken",
                    ),
                ],
            },
            {
                "title": _("Installation"),
                "separator": True,
                "items": [
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
