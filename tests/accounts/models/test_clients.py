"""What is kept of programs: once each, and named in the admin."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Consent, IssuedCode, Registration, User
from apps.tenants.models import Tenant
from tests.accounts.programs import make_program


def test_an_application_is_one_tenants(tenant: Tenant, other_tenant: Tenant) -> None:
    program = make_program(tenant)

    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.unscoped.create(tenant=other_tenant, application=program.application, kind="site", scopes=[])
    assert str(program.registration) == "Rota"


def test_a_person_allows_a_program_once(tenant: Tenant, alice: User) -> None:
    application = make_program(tenant).application
    given = {"tenant": tenant, "user": alice, "application": application, "given_at": timezone.now()}

    consent = Consent.unscoped.create(**given)

    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.unscoped.create(**given)
    assert str(consent) == f"{alice.pk} {application.pk}"


def test_a_code_is_named_by_whose_it_is() -> None:
    assert str(IssuedCode(checksum="x", user_id=User().pk, application_id=7)).endswith(" 7")
