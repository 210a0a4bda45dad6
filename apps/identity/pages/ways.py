"""The buttons of the sign-in page."""

from collections.abc import Sequence

from django.urls import reverse

from apps.accounts.ways import WayIn
from apps.identity.selectors import ways_in
from apps.tenants.models import Tenant


def ways_into(tenant: Tenant | None) -> Sequence[WayIn]:
    """Return what people of a tenant sign in with elsewhere. One query; none where no tenant is known."""
    if tenant is None:
        return []
    return [WayIn(each.name, reverse("identity-start", args=[each.pk]), each.kind) for each in ways_in(tenant.pk)]
