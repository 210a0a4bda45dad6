"""What may be allowed about accounts: the programs people sign in with, and from where. People themselves are the
directory's (`orgs.people`).
"""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.access.units import Permission, Unit

_GROUP: Final = _("Accounts")

TERMINALS_VIEW: Final = Unit("accounts.terminals.view", _("see where people sign in from"), _GROUP, Level.DEPARTMENT)
TERMINALS_REVOKE: Final = Unit("accounts.terminals.revoke", _("revoke terminals"), _GROUP, Level.DEPARTMENT)
TOKENS_VIEW: Final = Unit("accounts.tokens.view", _("see programs that are signed in"), _GROUP, Level.DEPARTMENT)
TOKENS_REVOKE: Final = Unit("accounts.tokens.revoke", _("sign programs out"), _GROUP, Level.DEPARTMENT)
FACTORS_RESET: Final = Unit("accounts.factors.reset", _("take away lost second factors"), _GROUP, Level.DEPARTMENT)
APPLICATIONS_VIEW: Final = Unit("accounts.applications.view", _("see known programs"), _GROUP, Level.TENANT)
APPLICATIONS_CHANGE: Final = Unit("accounts.applications.change", _("change known programs"), _GROUP, Level.TENANT)
SERVICE_ACCOUNTS_VIEW: Final = Unit("accounts.service_accounts.view", _("see service accounts"), _GROUP, Level.TENANT)
SERVICE_ACCOUNTS_CHANGE: Final = Unit(
    "accounts.service_accounts.change", _("make, change and stop service accounts"), _GROUP, Level.TENANT
)

UNITS: Final = (
    TERMINALS_VIEW,
    TERMINALS_REVOKE,
    TOKENS_VIEW,
    TOKENS_REVOKE,
    FACTORS_RESET,
    APPLICATIONS_VIEW,
    APPLICATIONS_CHANGE,
    SERVICE_ACCOUNTS_VIEW,
    SERVICE_ACCOUNTS_CHANGE,
)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {
    ("accounts", "terminal", "view"): TERMINALS_VIEW,
    ("accounts", "terminal", "change"): TERMINALS_REVOKE,
    ("accounts", "browsersession", "view"): TERMINALS_VIEW,
    ("accounts", "browsersession", "change"): TERMINALS_REVOKE,
    ("accounts", "serviceaccount", "view"): SERVICE_ACCOUNTS_VIEW,
    ("accounts", "serviceaccount", "add"): SERVICE_ACCOUNTS_CHANGE,
    ("accounts", "serviceaccount", "change"): SERVICE_ACCOUNTS_CHANGE,
    ("oauth2_provider", "accesstoken", "view"): TOKENS_VIEW,
    ("oauth2_provider", "accesstoken", "change"): TOKENS_REVOKE,
    ("oauth2_provider", "refreshtoken", "view"): TOKENS_VIEW,
    ("oauth2_provider", "refreshtoken", "change"): TOKENS_REVOKE,
    ("accounts", "registration", "view"): APPLICATIONS_VIEW,
    ("accounts", "registration", "add"): APPLICATIONS_CHANGE,
    ("accounts", "registration", "change"): APPLICATIONS_CHANGE,
    ("accounts", "registration", "delete"): APPLICATIONS_CHANGE,
}
