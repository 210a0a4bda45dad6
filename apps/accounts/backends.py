"""Password sign-in against our own users, for Django, the admin and OAuth2 alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class TenantBackend(ModelBackend):
    """Django's own backend (constant-time for unknown names), which also refuses users of a suspended tenant."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Only active users of active tenants may sign in."""
        return super().user_can_authenticate(user) and bool(user.tenant.is_active)
