"""Admin of users, their terminals and their tokens."""

from apps.accounts.admin import groups as groups
from apps.accounts.admin.acting import acting as acting
from apps.accounts.admin.applications import RegistrationAdmin as RegistrationAdmin
from apps.accounts.admin.browsers import BrowserSessionAdmin as BrowserSessionAdmin
from apps.accounts.admin.service_accounts import ServiceAccountAdmin as ServiceAccountAdmin
from apps.accounts.admin.terminals import TerminalAdmin as TerminalAdmin
from apps.accounts.admin.tokens import AccessTokenAdmin as AccessTokenAdmin
from apps.accounts.admin.tokens import RefreshTokenAdmin as RefreshTokenAdmin
