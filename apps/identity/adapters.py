"""What django-allauth asks this site: it is told of no applications, makes no people and shows no pages.

That nobody has come is told by an exception, which flies past its pages to ours (`pages.via`); who has come is caught
before allauth would do anything about it (`providers.base`).
"""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthError
from django.http import HttpRequest

from apps.identity.providers.asking import BoundedSession


class Turned(Exception):
    """Nobody has come. `is_cancelled`: she stopped there herself. `reason` is for the log."""

    def __init__(self, *, is_cancelled: bool, reason: str) -> None:
        super().__init__(reason)
        self.is_cancelled = is_cancelled
        self.reason = reason


class SocialAdapter(DefaultSocialAccountAdapter):
    """Leaves nothing to allauth but to speak with other parties."""

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: BaseException | None = None,
        extra_context: Any = None,
    ) -> None:
        """Hand over that nobody has come."""
        reason = f"{type(exception).__name__}: {exception}" if exception else f"answer {error}, or no state of ours"
        raise Turned(is_cancelled=error == AuthError.CANCELLED, reason=reason)

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        """None: applications are made of connections, one at a time."""
        return []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up by herself."""
        return False

    def get_requests_session(self) -> BoundedSession:
        """Return what asks other parties."""
        return BoundedSession()
