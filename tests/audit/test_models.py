"""Entries stay as they are: the database itself refuses to touch them."""

import pytest
from django.db import DatabaseError, transaction

from apps.audit.models import Entry, Head
from apps.tenants.models import Tenant
from tests.audit.making import make_entries


def test_entries_cannot_be_changed_or_deleted(tenant: Tenant) -> None:
    make_entries(tenant, 1)
    entries = Entry.objects.for_tenant(tenant.id)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        entries.update(target_label="x")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        entries.delete()

    assert entries.get().target_label == "one"


def test_rows_are_known_by_number_and_action(tenant: Tenant) -> None:
    make_entries(tenant, 1)

    assert str(Entry.objects.for_tenant(tenant.id).get()) == "1 orgs.thing.changed one"
    assert str(Head.objects.for_tenant(tenant.id).get()) == f"{tenant.id} 1"
