"""What the table of links refuses by itself."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.identity.models import Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


def test_an_account_elsewhere_is_one_persons_and_a_person_has_one_there(
    connect: Connect, link: Callable[..., Link], tenant: Tenant, alice: User, bob: User
) -> None:
    connection = connect(tenant)
    link(connection, alice, "sub-1")

    with pytest.raises(IntegrityError, match="identity_link_account_once"), transaction.atomic():
        link(connection, bob, "sub-1")
    with pytest.raises(IntegrityError, match="identity_link_person_once"), transaction.atomic():
        link(connection, alice, "sub-2")


def test_the_same_name_at_two_providers_is_two_accounts(
    connect: Connect, link: Callable[..., Link], tenant: Tenant, alice: User, bob: User
) -> None:
    first, second = connect(tenant, name="one"), connect(tenant, name="two")

    assert link(first, alice, "sub-1").pk != link(second, bob, "sub-1").pk


def test_a_link_names_an_account(connect: Connect, link: Callable[..., Link], tenant: Tenant, alice: User) -> None:
    with pytest.raises(IntegrityError, match="identity_link_names_account"):
        link(connect(tenant), alice, "")


def test_a_link_is_called_by_what_people_know_it_by(
    connect: Connect, link: Callable[..., Link], tenant: Tenant, alice: User
) -> None:
    made = link(connect(tenant), alice, "sub-1", label="alice@acme.test")

    assert str(made).startswith("alice@acme.test")
