"""What the tables of agreements, contacts and blocks refuse by themselves."""

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.orgs.models import Agreement, Block, Contact, Organisation
from apps.tenants.models import Tenant


@pytest.fixture
def companies(tenant: Tenant) -> tuple[Organisation, Organisation]:
    rows = Organisation.objects.for_tenant(tenant.id)
    return rows.create(tenant=tenant, name="甲"), rows.create(tenant=tenant, name="乙")


def agree(first: Organisation, second: Organisation, **fields: object) -> Agreement:
    return Agreement.objects.for_tenant(first.tenant_id).create(
        tenant_id=first.tenant_id, from_organisation=first, to_organisation=second, **fields
    )


def ask(first: User, second: User) -> Contact:
    return Contact.objects.for_tenant(first.tenant_id).create(tenant_id=first.tenant_id, requester=first, other=second)


def block(first: User, second: User) -> Block:
    return Block.objects.for_tenant(first.tenant_id).create(tenant_id=first.tenant_id, user=first, blocked=second)


def test_each_direction_has_one_agreement(companies: tuple[Organisation, Organisation]) -> None:
    agreement = agree(*companies)
    agree(*reversed(companies))

    assert (agreement.may_see, agreement.may_write) == (True, False)
    assert str(agreement) == f"{companies[0].id} -> {companies[1].id}"
    with pytest.raises(IntegrityError, match="orgs_agreement_once"):
        agree(*companies)


def test_an_organisation_agrees_with_others_only(companies: tuple[Organisation, Organisation]) -> None:
    with pytest.raises(IntegrityError, match="orgs_agreement_of_two"):
        agree(companies[0], companies[0])


def test_nobody_writes_to_whom_she_may_not_see(companies: tuple[Organisation, Organisation]) -> None:
    with pytest.raises(IntegrityError, match="orgs_agreement_write_needs_see"):
        agree(*companies, may_see=False, may_write=True)


def test_a_pair_of_people_has_one_contact_whoever_asked(alice: User, bob: User) -> None:
    contact = ask(alice, bob)

    assert contact.state == Contact.State.ASKED
    assert str(contact) == f"{alice.id} - {bob.id}"
    with pytest.raises(IntegrityError, match="orgs_contact_once_per_pair"):
        ask(bob, alice)


def test_nobody_is_her_own_contact(alice: User) -> None:
    with pytest.raises(IntegrityError, match="orgs_contact_of_two"):
        ask(alice, alice)


def test_a_block_has_a_direction(alice: User, bob: User) -> None:
    row = block(alice, bob)
    block(bob, alice)

    assert str(row) == f"{alice.id} x {bob.id}"
    with pytest.raises(IntegrityError, match="orgs_block_once"):
        block(alice, bob)


def test_nobody_blocks_herself(alice: User) -> None:
    with pytest.raises(IntegrityError, match="orgs_block_of_two"):
        block(alice, alice)
