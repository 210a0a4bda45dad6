"""`manage.py seed` makes companies and says so, or says what is amiss."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.tenants.models import Tenant

pytestmark = pytest.mark.django_db


def test_companies_are_made() -> None:
    output = io.StringIO()

    call_command("seed", "--tenants", "1", "--departments", "6", "--people", "8", "--prefix", "co", stdout=output)

    assert output.getvalue().startswith("1 tenants (co1), each of 6 departments and 8 people: ")
    assert User.objects.for_tenant(Tenant.objects.get(slug="co1").id).count() == 8


def test_what_exists_is_an_error(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(slug="co1")

    with pytest.raises(CommandError, match="tenant co1 exists"):
        call_command("seed", "--prefix", "co")


def test_a_bad_name_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="slug"):
        call_command("seed", "--prefix", "-", "--people", "1", "--departments", "5")


@pytest.mark.parametrize("option", [("--tenants", "0"), ("--people", "0"), ("--departments", "4")])
def test_nothing_is_too_few(option: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="5 departments"):
        call_command("seed", *option)
