"""Users, and what they sign in with and from."""

from apps.accounts.models.browsers import BrowserSession
from apps.accounts.models.clients import Consent, IssuedCode, Registration
from apps.accounts.models.credentials import (
    CodeGenerator,
    FailedProofs,
    Passkey,
    PasswordReset,
    PastPassword,
    RecoveryCode,
)
from apps.accounts.models.keys import SigningKey
from apps.accounts.models.service_accounts import ServiceAccount
from apps.accounts.models.terminals import Terminal, TerminalToken
from apps.accounts.models.tickets import SpentTicket
from apps.accounts.models.users import User, UserManager

__all__ = [
    "BrowserSession",
    "CodeGenerator",
    "Consent",
    "FailedProofs",
    "IssuedCode",
    "Passkey",
    "PasswordReset",
    "PastPassword",
    "RecoveryCode",
    "Registration",
    "ServiceAccount",
    "SigningKey",
    "SpentTicket",
    "Terminal",
    "TerminalToken",
    "User",
    "UserManager",
]
