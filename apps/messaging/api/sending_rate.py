"""How much may be sent over REST: what each user may, and then what her tenant may with all its people together.

In this process, and beside what its sessions send: the gateway counts that.
"""

from typing import Any, Final

from rest_framework.request import Request

from apps.accounts.models import User
from apps.common.rest.throttling import UserThrottle, buckets

TENANT_SCOPE: Final = "tenant_messages"
"""Of the buckets that tenants share with nobody; users' are named after views."""


class SendThrottle(UserThrottle):
    """Refuses a message beyond either rate. What a user's own rate refuses does not count against her tenant."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tell whether the request may go on. Asks the database nothing: the tenant came with the user."""
        if not super().allow_request(request, view):
            return False
        user = request.user
        if request.method != "POST" or not isinstance(user, User):  # nobody signed in: refused elsewhere
            return True
        limit = user.tenant.limits.messages_per_minute_max
        if limit is not None:
            self._wait_s = buckets.take((TENANT_SCOPE, str(user.tenant_id)), per_minute=limit)
        return self._wait_s == 0.0
