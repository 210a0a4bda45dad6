"""Entries to look at."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.access.scopes import tenant_scope
from apps.audit.models import Entry
from apps.audit.services import Change, record_all
from apps.tenants.models import Tenant

LABELS = ["one", "two", "three", "four", "five"]
ACTOR_ID = UUID(int=0xA)


def change(tenant: Tenant, **values: Any) -> Change:
    """A change of something in the tenant, but for what is given."""
    usual: dict[str, Any] = {
        "tenant_id": tenant.id,
        "actor_id": ACTOR_ID,
        "actor_login": "alice@acme",
        "scope": tenant_scope(tenant.id).path,
        "action": "orgs.thing.changed",
        "kind": "thing",
        "target_id": UUID(int=1),
        "target_label": "one",
    }
    return Change(**(usual | values))


def make_entries(tenant: Tenant, count: int) -> list[Entry]:
    """The first entries of the tenant's chain."""
    with transaction.atomic():
        return record_all([change(tenant, target_label=label) for label in LABELS[:count]])
