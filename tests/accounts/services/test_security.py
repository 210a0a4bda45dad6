"""The figures follow what is there and what the tenant wants."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import get_application_model

from apps.accounts.models import CodeGenerator, Passkey, RecoveryCode, Terminal, User
from apps.accounts.services.consents import give_consent
from apps.accounts.services.security import security_of
from apps.identity.models import Connection, Link
from tests.accounts.terminals import terminal_of

pytestmark = pytest.mark.django_db


def test_factors_and_links_are_counted(alice: User, bob: User) -> None:
    for person in (alice, bob):
        CodeGenerator.unscoped.create(tenant=person.tenant, user=person, sealed_secret="x", last_step=0)
        RecoveryCode.unscoped.create(tenant=person.tenant, user=person, digest="d")
        key = {"credential_id": person.pk.bytes, "public_key": b"k", "host": "localhost", "name": "Key"}
        Passkey.unscoped.create(tenant=person.tenant, user=person, **key)
    provider = Connection.unscoped.create(tenant=alice.tenant, kind="oidc", name="Provider")
    Link.unscoped.create(tenant=alice.tenant, connection=provider, user=alice, external_id="a")

    found = security_of(alice, now=timezone.now())

    assert (found.has_codes, found.passkeys, found.recovery_codes, found.links) == (True, 1, 1, 1)


def test_programs_that_were_allowed_are_counted(alice: User, bob: User) -> None:
    program = get_application_model().objects.create(name="Notes", client_id="notes")
    give_consent(alice, program, ["openid"], now=timezone.now())

    assert [security_of(person, now=timezone.now()).programs for person in (alice, bob)] == [1, 0]


def test_revoked_terminals_do_not_count(alice: User) -> None:
    terminal_of(alice)
    Terminal.unscoped.filter(pk=terminal_of(alice).pk).update(revoked_at=timezone.now())

    assert security_of(alice, now=timezone.now()).terminals == 1


def test_the_rules_of_the_tenant_are_told(alice: User) -> None:
    alice.tenant.settings = {"sign_in": {"second_factor": "everyone", "password_max_age_days": 30}}
    alice.password_set_at = timezone.now() - timedelta(days=31)

    found = security_of(alice, now=timezone.now())

    assert (found.needs_second_factor, found.must_renew_password) == (True, True)
