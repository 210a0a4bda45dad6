"""Making tenants and switching them on and off.

Deleting one is not offered: rows of every other app refer to it.
"""

import re
from typing import Final

from django.utils.translation import gettext as _

from apps.common.errors import InvalidInput
from apps.common.text import clean_line, normalized_identifier
from apps.tenants.errors import SlugTaken
from apps.tenants.models import SLUG_PATTERN, Tenant

SYSTEM_SLUG: Final = "system"
"""The tenant of the people who run the installation."""

MAX_NAME_CHARS: Final = 200


def create_tenant(*, slug: str, name: str) -> Tenant:
    """Make an active tenant. Raises InvalidInput or SlugTaken."""
    wanted = normalized_identifier(slug)
    if re.match(SLUG_PATTERN, wanted) is None:
        raise InvalidInput(
            field="slug",
            reason=_("needs 1 to 63 of a-z, 0-9, dots, dashes and underscores, and begins with a letter or digit"),
        )
    tenant = Tenant(slug=wanted, name=clean_line(name, field="name", max_chars=MAX_NAME_CHARS))
    Tenant.objects.bulk_create([tenant], ignore_conflicts=True)
    if not Tenant.objects.filter(pk=tenant.pk).exists():
        raise SlugTaken(slug=wanted)
    return tenant


def ensure_system_tenant() -> Tenant:
    """Return the tenant of system administrators; made at the first call."""
    tenant, _created = Tenant.objects.get_or_create(slug=SYSTEM_SLUG, defaults={"name": "System"})
    return tenant


def suspend_tenant(tenant: Tenant) -> None:
    """Keep the users of a tenant from signing in. Their rows stay; open sessions end with their tokens."""
    _set_status(tenant, Tenant.Status.SUSPENDED)


def activate_tenant(tenant: Tenant) -> None:
    """Let the users of a tenant sign in again."""
    _set_status(tenant, Tenant.Status.ACTIVE)


def _set_status(tenant: Tenant, status: Tenant.Status) -> None:
    tenant.status = status
    tenant.save(update_fields=["status"])
