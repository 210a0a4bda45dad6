"""Imports as rows."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.orgs.models import Import, ImportPart, Organisation


@pytest.fixture
def source(alice: User) -> Import:
    organisation = Organisation(tenant_id=alice.tenant_id, name="Acme")
    organisation.save(force_insert=True)
    made = Import(tenant_id=alice.tenant_id, organisation=organisation, created_by=alice, kind=Import.Kind.PEOPLE)
    made.save(force_insert=True)
    return made


def test_a_new_import_is_ready_and_has_done_nothing(source: Import) -> None:
    assert (source.state, source.done, source.next_part) == ("ready", {}, 0)
    source.name = "people.xlsx"
    assert str(source) == "people people.xlsx"


def test_a_part_is_there_once_and_goes_with_its_import(source: Import) -> None:
    part = ImportPart(tenant_id=source.tenant_id, source=source, number=1, sealed=b"x")
    part.save(force_insert=True)
    assert str(part) == f"{source.id} 1"

    with pytest.raises(IntegrityError), transaction.atomic():
        ImportPart(tenant_id=source.tenant_id, source=source, number=1, sealed=b"y").save(force_insert=True)
    source.delete()

    assert not ImportPart.objects.for_tenant(source.tenant_id).exists()
