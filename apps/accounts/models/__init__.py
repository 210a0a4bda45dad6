"""Users, and what they sign in with and from."""

from apps.accounts.models.terminals import Terminal
from apps.accounts.models.users import User, UserManager

__all__ = ["Terminal", "User", "UserManager"]
