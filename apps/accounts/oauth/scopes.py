"""The scopes of this installation, as the toolkit asks for them."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

from apps.accounts.policies import SCOPE
from apps.accounts.services.applications import BUILT_IN
from apps.accounts.services.scopes import scope_texts
from apps.accounts.services.serving import available_scopes


class Scopes(BaseScopes):  # type: ignore[misc]  # the base is untyped
    """A program may ask for what it is registered for; who names no scope, asks for all of it."""

    def get_all_scopes(self) -> dict[str, Any]:
        """Return every scope with its words."""
        return scope_texts()

    def get_available_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return what an application may ask for; without one, all that there are."""
        return list(scope_texts()) if application is None else available_scopes(application)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return what is meant by a request without scopes (RFC 6749 §3.3); own clients mean `im` alone."""
        is_own = application is not None and application.client_id in BUILT_IN
        return [SCOPE] if is_own else self.get_available_scopes(application)
