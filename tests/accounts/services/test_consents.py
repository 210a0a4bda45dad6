"""What people allow programs, and take back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from apps.accounts.errors import ApplicationNotFound
from apps.accounts.models import User
from apps.accounts.services.consents import give_consent, is_allowed, programs_of, withdraw
from apps.audit.models import Entry
from apps.common.errors import InvalidInput
from apps.tenants.models import Tenant
from tests.accounts.programs import flow_of, make_program

NOW = timezone.now()


def test_it_holds_for_what_was_allowed_of_whom_to_which_program(tenant: Tenant, alice: User, bob: User) -> None:
    one, other = make_program(tenant).application, make_program(tenant, name="Other").application

    give_consent(alice, one, ["openid", "email"], now=NOW)

    assert is_allowed(alice, one, ["email"])
    assert not is_allowed(alice, one, ["email", "im"])
    assert not is_allowed(alice, other, ["email"])
    assert not is_allowed(bob, one, ["email"])


def test_nonsense_cannot_be_allowed(tenant: Tenant, alice: User) -> None:
    with pytest.raises(InvalidInput):
        give_consent(alice, make_program(tenant).application, ["nonsense"], now=NOW)


def test_taken_back_it_is_gone_with_the_tokens_and_told_in_the_log(tenant: Tenant, alice: User, bob: User) -> None:
    program = make_program(tenant)
    for user in (alice, bob):
        flow_of(user, program).tokens()

    name = withdraw(alice, program.application.pk, now=NOW)

    actions = Entry.unscoped.filter(action__startswith="accounts.consent", target_id=str(alice.pk))
    assert name == "Rota"
    assert not is_allowed(alice, program.application, ["openid"])
    assert list(get_access_token_model().objects.values_list("user_id", flat=True)) == [bob.pk]
    assert [entry.action.rpartition(".")[2] for entry in actions.order_by("number")] == ["given", "withdrawn"]
    with pytest.raises(ApplicationNotFound):
        withdraw(alice, program.application.pk, now=NOW)


def test_programs_are_listed_by_when_they_were_allowed(tenant: Tenant, alice: User, bob: User) -> None:
    names = ("First", "Second", "Third")
    programs = [make_program(tenant, name=name).application for name in names]
    for number, application in enumerate(programs):
        give_consent(alice, application, ["openid"], now=NOW + timedelta(minutes=number))

    found = programs_of(alice, now=NOW)

    assert [program.name for program in found] == ["Third", "Second", "First"]
    assert programs_of(bob, now=NOW) == []
