"""What the tables of placements and settings refuse by themselves."""

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.orgs.models import Department, Organisation, PersonSettings, Placement
from apps.tenants.models import Tenant


@pytest.fixture
def departments(tenant: Tenant) -> list[Department]:
    made = []
    for number in (1, 2):
        company = Organisation.objects.for_tenant(tenant.id).create(tenant=tenant, name=f"公司{number}")
        made.append(
            Department(
                tenant=tenant,
                organisation=company,
                name="root",
                path=f"p{number}",
                lft=1,
                rght=2,
                tree_id=number,
                level=0,
            )
        )
    return list(Department.objects.for_tenant(tenant.id).bulk_create(made))


def place(department: Department, user: User, **fields: object) -> Placement:
    return Placement.objects.for_tenant(user.tenant_id).create(
        tenant_id=user.tenant_id, department=department, user=user, **fields
    )


def test_a_person_has_several_places_but_one_in_each_department(departments: list[Department], alice: User) -> None:
    place(departments[0], alice)
    second = place(departments[1], alice)

    read_alone = Placement.unscoped.get(pk=second.pk)
    assert str(second) == f"{alice} in {departments[1]}"
    assert str(read_alone) == f"{alice.id} in {departments[1].id}"
    with pytest.raises(IntegrityError, match="orgs_placement_once"):
        place(departments[0], alice, title="again")


def test_a_person_has_at_most_one_primary_place(departments: list[Department], alice: User, bob: User) -> None:
    place(departments[0], alice, is_primary=True)
    place(departments[0], bob, is_primary=True)

    with pytest.raises(IntegrityError, match="orgs_placement_one_primary"):
        place(departments[1], alice, is_primary=True)


def test_settings_are_an_exception(alice: User) -> None:
    settings = PersonSettings.objects.for_tenant(alice.tenant_id).create(tenant_id=alice.tenant_id, user=alice)

    assert (settings.is_hidden, settings.is_guest) == (False, False)
    assert str(settings) == str(alice.id)
