"""Users, and what they sign in with and from."""

from apps.accounts.models.clients import Consent, IssuedCode, Registration
from apps.accounts.models.keys import SigningKey
from apps.accounts.models.terminals import Terminal, TerminalToken
from apps.accounts.models.users import User, UserManager

__all__ = [
    "Consent",
    "IssuedCode",
    "Registration",
    "SigningKey",
    "Terminal",
    "TerminalToken",
    "User",
    "UserManager",
]
