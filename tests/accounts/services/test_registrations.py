"""Making programs known: who may, what is kept, and who may give out whose powers."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.selectors import powers_of
from apps.accounts.errors import ApplicationNotFound, ApplicationsFull, UserNotFound
from apps.accounts.models import Registration, User
from apps.accounts.services import registrations
from apps.accounts.services.client_secrets import is_right
from apps.accounts.services.program_terms import Terms
from apps.accounts.services.registrations import (
    Registered,
    change_application,
    delete_application,
    find_service_account,
    get_registration,
    register_application,
    registrations_within,
    renew_secret,
)
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.accounts.programs import flow_of, make_program, make_service_account, make_superuser
from tests.admin.conftest import give_role

NOW = timezone.now()
TERMS = Terms(name="Rota", scopes=("openid",), redirect_uris=("https://rota.example/cb",))


@pytest.fixture
def admin(alice: User) -> User:
    """Administers her tenant."""
    give_role(alice, TENANT_ADMIN)
    return alice


def register(actor: User, kind: str = "site", *, tenant: Tenant | None = None, **more: Any) -> Registered:
    tenant_id: UUID = (tenant or actor.tenant).pk
    return register_application(actor, tenant_id=tenant_id, kind=kind, terms=TERMS, now=NOW, **more)


class TestMaking:
    @pytest.mark.parametrize(
        ("kind", "client_type", "grant"),
        [("site", "confidential", "authorization-code"), ("app", "public", "authorization-code")],
    )
    def test_type_and_grant_follow_from_the_kind(self, admin: User, kind: str, client_type: str, grant: str) -> None:
        made = register(admin, kind)

        row = get_application_model().objects.get(pk=made.registration.application.pk)
        assert (row.client_type, row.authorization_grant_type, row.name) == (client_type, grant, "Rota")
        assert bool(made.secret) == (client_type == "confidential")
        assert not row.skip_authorization

    def test_the_secret_is_told_once_and_kept_nowhere(self, admin: User) -> None:
        made = register(admin)

        row = get_application_model().objects.get(pk=made.registration.application.pk)
        entry = Entry.unscoped.get(action="accounts.application.created")
        assert is_right(made.secret, row.client_secret)
        assert made.secret not in f"{row.__dict__} {entry.after} {entry.target_label}"
        assert row.client_secret not in str(entry.after)
        assert (entry.tenant_id, entry.actor_login) == (admin.tenant_id, admin.login)

    def test_takes_power_over_the_tenant(self, bob: User, admin: User, other_tenant: Tenant) -> None:
        for actor, tenant in ((bob, bob.tenant), (admin, other_tenant), (admin, ensure_system_tenant())):
            with pytest.raises(NotPermitted):
                register(actor, tenant=tenant)
        assert not Registration.unscoped.exists()

    def test_asking_for_passwords_is_the_installations_to_allow(self, admin: User) -> None:
        with pytest.raises(NotPermitted):
            register(admin, "own")

        assert register(make_superuser(admin.tenant), "own").registration.kind == "own"

    def test_there_is_a_bound(self, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registrations, "MAX_APPLICATIONS", 1)
        register(admin)

        with pytest.raises(ApplicationsFull):
            register(admin)


class TestServiceAccounts:
    def test_the_program_acts_as_one(self, admin: User) -> None:
        account = make_service_account(admin.tenant)

        made = register(admin, "service", service_account=account)

        assert made.registration.application.user == account
        assert made.secret

    def test_nobody_gets_powers_by_one_that_she_lacks(self, admin: User, tenant: Tenant) -> None:
        mighty = make_service_account(tenant)
        mighty.is_superuser = True
        mighty.save()
        program = make_program(tenant, "service", account=mighty)

        with pytest.raises(NotPermitted):
            register(admin, "service", service_account=mighty)
        with pytest.raises(NotPermitted):
            renew_secret(admin, registration_id=program.registration.pk, now=NOW)

    def test_nobody_else_will_do(self, admin: User, bob: User, other_tenant: Tenant) -> None:
        for account in (None, bob, make_service_account(other_tenant)):
            with pytest.raises(InvalidInput):
                register(admin, "service", service_account=account)
        with pytest.raises(InvalidInput):
            register(admin, "site", service_account=make_service_account(admin.tenant))

    def test_they_are_found_in_their_tenant_only(self, tenant: Tenant, other_tenant: Tenant, bob: User) -> None:
        account = make_service_account(tenant)

        assert find_service_account(tenant.pk, account.pk) == account
        for tenant_id, account_id in ((other_tenant.pk, account.pk), (tenant.pk, bob.pk)):
            with pytest.raises(UserNotFound):
                find_service_account(tenant_id, account_id)


class TestChanging:
    def test_keeps_what_is_not_said_and_counts_the_version(self, admin: User) -> None:
        made = register(admin).registration

        changed = change_application(
            admin,
            registration_id=made.pk,
            version=1,
            terms=lambda terms: replace(terms, name="Roster", scopes=("im",)),
            now=NOW,
        )

        fresh = Registration.unscoped.select_related("application").get(pk=made.pk)
        entry = Entry.unscoped.get(action="accounts.application.changed")
        assert (changed.version, fresh.application.name, fresh.scopes) == (2, "Roster", ["im"])
        assert fresh.application.redirect_uris == "https://rota.example/cb"
        assert (entry.before, entry.after) == (
            {"name": "Rota", "scopes": ["openid"]},
            {"name": "Roster", "scopes": ["im"]},
        )

    def test_of_an_older_version_is_refused(self, admin: User) -> None:
        made = register(admin).registration

        with pytest.raises(Stale):
            change_application(admin, registration_id=made.pk, version=7, terms=lambda terms: terms, now=NOW)

    def test_of_what_one_does_not_see_is_of_nothing(self, admin: User, bob: User, other_tenant: Tenant) -> None:
        foreign, own = make_program(other_tenant).registration, make_program(admin.tenant).registration

        for actor, row in ((admin, foreign), (bob, own)):
            for act in (renew_secret, delete_application):
                with pytest.raises(ApplicationNotFound):
                    act(actor, registration_id=row.pk, now=NOW)
            with pytest.raises(ApplicationNotFound):
                get_registration(powers_of(actor, now=NOW), row.pk)
        assert list(registrations_within(powers_of(admin, now=NOW))) == [own]


class TestRenewing:
    def test_ends_the_former_secret(self, admin: User) -> None:
        made = register(admin)

        renewed = renew_secret(admin, registration_id=made.registration.pk, now=NOW)

        stored = get_application_model().objects.get(pk=made.registration.application.pk).client_secret
        assert is_right(renewed.secret, stored)
        assert not is_right(made.secret, stored)
        assert renewed.registration.version == 2
        assert renewed.secret not in str(list(Entry.unscoped.values()))

    def test_is_nothing_for_those_that_keep_none(self, admin: User) -> None:
        made = register(admin, "app")

        with pytest.raises(InvalidInput):
            renew_secret(admin, registration_id=made.registration.pk, now=NOW)


def test_deleting_ends_everything_it_began(admin: User, bob: User) -> None:
    program = make_program(admin.tenant)
    flow_of(bob, program).tokens()

    delete_application(admin, registration_id=program.registration.pk, now=NOW)

    assert not get_application_model().objects.filter(pk=program.application.pk).exists()
    assert not get_access_token_model().objects.exists()
    assert Entry.unscoped.filter(action="accounts.application.deleted").count() == 1
