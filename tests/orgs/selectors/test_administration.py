"""What administrators read: bound to their scopes, in a fixed number of queries."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.policies import Powers
from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.orgs.errors import DepartmentNotFound, OrganisationNotFound
from apps.orgs.models import Department, Organisation, PersonSettings
from apps.orgs.selectors.administration import (
    agreements_of,
    organisations_within,
    places_within,
    read_department,
    read_organisation,
    settings_of,
)
from apps.orgs.services.agreements import make_agreement
from apps.orgs.services.organisations import create_organisation
from tests.orgs.conftest import Grow


@pytest.fixture
def powers(boss: User) -> Powers:
    return powers_of(boss, now=timezone.now())


def test_organisations_come_with_their_roots(
    powers: Powers,
    eve: User,
    company: Organisation,
    root: Department,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        found = list(organisations_within(powers))

    roots = [(row.pk, row.root_id) for row in found]  # type: ignore[attr-defined]  # annotated
    assert roots == [(company.pk, root.pk)]
    assert list(organisations_within(powers_of(eve, now=timezone.now()))) == []


def test_one_is_read_in_two_queries_or_is_not_there(
    powers: Powers,
    eve: User,
    company: Organisation,
    root: Department,
    grow: Grow,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    grow(root, "研发")
    nobody = powers_of(eve, now=timezone.now())

    with django_assert_num_queries(4):
        assert read_organisation(powers, company.pk).root_id == root.pk  # type: ignore[attr-defined]  # annotated
        assert read_department(powers, root.pk).children_count == 1

    with pytest.raises(OrganisationNotFound):
        read_organisation(nobody, company.pk)
    with pytest.raises(DepartmentNotFound):
        read_department(nobody, root.pk)


def test_whoever_has_no_settings_is_nothing_special(powers: Powers, alice: User) -> None:
    assert not settings_of(alice).is_hidden
    PersonSettings(tenant_id=alice.tenant_id, user=alice, is_hidden=True).save()

    assert settings_of(alice).is_hidden
    assert places_within(powers, alice) == []


def test_agreements_show_on_both_sides(boss: User, powers: Powers, company: Organisation) -> None:
    partner = create_organisation(boss, name="Partner", now=timezone.now())
    made = make_agreement(boss, from_id=company.id, to_id=partner.id, now=timezone.now())

    assert agreements_of(powers, company.id) == agreements_of(powers, partner.id) == [made]
