"""Service accounts: made, changed and stopped by who may, and never anybody else than themselves."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from apps.access.errors import NotPermitted
from apps.access.roles import AUDITOR, TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.access.selectors import powers_of
from apps.access.services import grant_role
from apps.accounts.errors import ApplicationsFull, ServiceAccountNotFound, UserNotFound
from apps.accounts.models import Registration, ServiceAccount, User
from apps.accounts.models.service_accounts import MAX_REQUESTS_PER_MINUTE
from apps.accounts.services import create_user, registrations
from apps.accounts.services.client_secrets import is_right
from apps.accounts.services.service_accounts import (
    Credentials,
    Terms,
    change_service_account,
    create_service_account,
    own_rate_of,
    read_service_account,
    renew_service_secret,
    service_accounts_within,
    switch_service_account,
)
from apps.accounts.services.tokens import user_for_token
from apps.accounts.services.users import set_password
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.accounts.programs import post_token
from tests.conftest import PASSWORD
from tests.rest_client import issue_token


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return create_user(tenant, username="boss", password=PASSWORD, is_superuser=True)


@pytest.fixture
def admin(boss: User, bob: User) -> User:
    """Administrator of the tenant."""
    grant_role(boss, user=bob, role=TENANT_ADMIN, scope=tenant_scope(bob.tenant_id), now=timezone.now())
    return bob


def make(actor: User, *, username: str = "builds", **terms: Any) -> Credentials:
    wanted = Terms(**({"display_name": "Build bot"} | terms))
    return create_service_account(actor, tenant=actor.tenant, username=username, terms=wanted, now=timezone.now())


def signed_in(made: Credentials) -> User | None:
    """Ask for a token with them; return whose it is, None if there is none."""
    client = {"client_id": made.client_id, "client_secret": made.client_secret}
    status, tokens = post_token({"grant_type": "client_credentials", **client})
    return user_for_token(tokens["access_token"])[0] if status == 200 else None


def test_its_program_counts_among_the_tenants_and_is_recorded(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrations, "MAX_APPLICATIONS", 1)
    make(admin)

    with pytest.raises(ApplicationsFull):
        make(admin, username="other")

    assert [row.user.username for row in ServiceAccount.unscoped.select_related("user")] == ["builds"]
    assert not User.unscoped.filter(username="other").exists()
    entry = Entry.objects.for_tenant(admin.tenant_id).get(action="accounts.application.created")
    assert (entry.actor_id, entry.after["kind"]) == (admin.id, "service")


def actions(tenant: Tenant) -> list[str]:
    entries = Entry.objects.for_tenant(tenant.id).filter(action__startswith="accounts.service_account")
    return list(entries.order_by("number").values_list("action", flat=True))


class TestMaking:
    def test_it_is_a_user_of_its_own_kind_with_no_powers_and_a_client_to_sign_in_as(self, admin: User) -> None:
        made = make(admin, description="Builds", requests_per_minute=60)

        account, user = made.account, User.unscoped.get(pk=made.account.pk)
        assert (user.login, user.kind, user.display_name) == ("builds@acme", User.Kind.SERVICE, "Build bot")
        assert (account.owner, account.description, account.requests_per_minute) == (admin, "Builds", 60)
        assert not powers_of(user, now=timezone.now()).has_any
        assert signed_in(made) == user
        assert Registration.unscoped.get(application=account.application).kind == Registration.Kind.SERVICE

    def test_its_secret_is_kept_as_a_hash_only(self, admin: User) -> None:
        made = make(admin)

        stored = ServiceAccount.unscoped.get(pk=made.account.pk).application
        assert stored is not None
        assert made.client_secret not in stored.client_secret
        assert is_right(made.client_secret, stored.client_secret)

    def test_people_without_the_power_make_none(self, alice: User) -> None:
        with pytest.raises(NotPermitted):
            make(alice)
        assert not ServiceAccount.unscoped.exists()

    def test_nobody_makes_one_for_another_tenant(self, admin: User, other_tenant: Tenant) -> None:
        with pytest.raises(NotPermitted):
            create_service_account(
                admin, tenant=other_tenant, username="spy", terms=Terms(display_name="Spy"), now=timezone.now()
            )

    def test_who_answers_for_it_is_a_person_of_its_tenant(self, admin: User, eve: User) -> None:
        program = make(admin).account.user

        for owner_id in (eve.id, program.id, uuid4()):
            with pytest.raises(UserNotFound):
                make(admin, username="other", owner_id=owner_id)

    @pytest.mark.parametrize("wrong", [{"requests_per_minute": MAX_REQUESTS_PER_MINUTE + 1}, {"description": "a\nb"}])
    def test_what_does_not_fit_is_said(self, admin: User, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput):
            make(admin, **wrong)
        assert not User.unscoped.filter(username="builds").exists()


class TestChanging:
    def test_what_is_left_out_stays(self, admin: User, alice: User) -> None:
        account = make(admin, description="Builds", requests_per_minute=60).account

        changed = change_service_account(
            admin,
            user_id=account.pk,
            terms=Terms(display_name="CI", owner_id=alice.id, requests_per_minute=0),
            version=account.version,
            now=timezone.now(),
        )

        assert (changed.user.display_name, changed.owner, changed.description) == ("CI", alice, "Builds")
        assert own_rate_of(changed.user) is None
        assert changed.version == account.version + 1

    def test_an_edit_of_an_older_version_is_refused(self, admin: User) -> None:
        account = make(admin).account

        with pytest.raises(Stale):
            change_service_account(
                admin, user_id=account.pk, terms=Terms(description="x"), version=7, now=timezone.now()
            )

    def test_another_secret_ends_what_the_former_one_began(self, admin: User) -> None:
        made = make(admin)
        issue_token(made.account.user)

        renewed = renew_service_secret(admin, user_id=made.account.pk, now=timezone.now())

        assert renewed.client_id == made.client_id
        stored = ServiceAccount.unscoped.get(pk=made.account.pk).application
        assert stored is not None
        assert is_right(renewed.client_secret, stored.client_secret)
        assert not is_right(made.client_secret, stored.client_secret)
        assert not get_access_token_model().objects.filter(user=made.account.user).exists()

    def test_one_whose_program_was_deleted_gets_another(self, admin: User) -> None:
        made = make(admin)
        made.account.application.delete()  # type: ignore[union-attr]

        renewed = renew_service_secret(admin, user_id=made.account.pk, now=timezone.now())

        assert renewed.client_id != made.client_id
        assert signed_in(renewed) == made.account.user

    def test_stopped_it_has_no_tokens_and_gets_none(self, admin: User) -> None:
        made = make(admin)
        issue_token(made.account.user)

        for _ in range(2):
            switch_service_account(admin, user_id=made.account.pk, is_active=False, now=timezone.now())

        assert not get_access_token_model().objects.filter(user=made.account.user).exists()
        assert signed_in(made) is None
        switch_service_account(admin, user_id=made.account.pk, is_active=True, now=timezone.now())
        assert signed_in(made) == made.account.user

    def test_of_a_suspended_tenant_it_gets_none(self, admin: User, tenant: Tenant) -> None:
        made = make(admin)
        suspend_tenant(tenant)

        assert signed_in(made) is None

    def test_everything_is_recorded_and_no_secret(self, admin: User, tenant: Tenant) -> None:
        made = make(admin)
        change_service_account(
            admin, user_id=made.account.pk, terms=Terms(description="x"), version=1, now=timezone.now()
        )
        renewed = renew_service_secret(admin, user_id=made.account.pk, now=timezone.now())
        for is_active in (False, True):
            switch_service_account(admin, user_id=made.account.pk, is_active=is_active, now=timezone.now())

        verbs = [action.rpartition(".")[2] for action in actions(tenant)]

        assert verbs == ["created", "changed", "secret_renewed", "deactivated", "activated"]
        for entry in Entry.objects.for_tenant(tenant.id):
            assert made.client_secret not in str(entry.after)
            assert renewed.client_secret not in str(entry.after)


class TestReach:
    def test_admins_see_their_tenants_alone(self, admin: User, eve: User, alice: User) -> None:
        account = make(admin).account
        now = timezone.now()

        assert list(service_accounts_within(powers_of(admin, now=now))) == [account]
        assert read_service_account(powers_of(admin, now=now), account.pk) == account
        for stranger in (eve, alice):
            with pytest.raises(ServiceAccountNotFound):
                read_service_account(powers_of(stranger, now=now), account.pk)

    def test_another_tenants_account_is_not_there(self, admin: User, eve: User, boss: User) -> None:
        account = make(admin).account
        grant_role(boss, user=eve, role=TENANT_ADMIN, scope=tenant_scope(eve.tenant_id), now=timezone.now())

        for act in (
            lambda: renew_service_secret(eve, user_id=account.pk, now=timezone.now()),
            lambda: switch_service_account(eve, user_id=account.pk, is_active=False, now=timezone.now()),
        ):
            with pytest.raises(ServiceAccountNotFound):
                act()

    def test_nobody_learns_the_secret_of_one_that_may_do_more_than_she(self, boss: User, admin: User) -> None:
        account = make(admin).account
        grant_role(boss, user=account.user, role=AUDITOR, scope=tenant_scope(account.tenant_id), now=timezone.now())
        assert renew_service_secret(admin, user_id=account.pk, now=timezone.now())
        User.unscoped.filter(pk=account.pk).update(is_superuser=True)

        with pytest.raises(NotPermitted):
            renew_service_secret(admin, user_id=account.pk, now=timezone.now())


class TestNobodyElse:
    def test_a_password_somebody_gave_it_opens_nothing(self, admin: User) -> None:
        user = make(admin).account.user
        set_password(user, password=PASSWORD)

        assert authenticate(None, username=user.login, password=PASSWORD) is None

    def test_a_program_of_a_person_signs_nobody_in(self, admin: User, alice: User) -> None:
        made = make(admin)
        get_application_model().objects.filter(pk=made.account.application_id).update(user=alice)

        assert signed_in(made) is None
