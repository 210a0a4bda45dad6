"""Tenants as rows, and the base of all tenant-scoped rows."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from apps.accounts.models import User
from apps.tenants.models import Tenant, UnscopedQueryError


def test_a_query_that_names_no_tenant_is_a_defect() -> None:
    with pytest.raises(UnscopedQueryError, match=r"User\.objects needs \.for_tenant"):
        User.objects.all()


def test_a_scoped_query_answers_for_its_tenant_alone(tenant: Tenant, other_tenant: Tenant, alice: User) -> None:
    assert User.objects.for_tenant(tenant.id).get() == alice
    assert not User.objects.for_tenant(other_tenant.id).exists()


@pytest.mark.django_db
def test_the_database_keeps_short_names_unique(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError):
        Tenant.objects.create(slug=tenant.slug, name="Again")


@pytest.mark.parametrize("slug", ["Acme", "a b", ".acme", "acme\n"])
def test_forms_refuse_a_bad_short_name(slug: str) -> None:
    with pytest.raises(ValidationError):
        Tenant(slug=slug, name="Acme").clean_fields()


def test_a_tenant_is_known_by_name_and_short_name() -> None:
    assert str(Tenant(slug="acme", name="Acme")) == "Acme (acme)"
