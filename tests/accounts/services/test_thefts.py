"""Noticing that a token was stolen, from what is stored of its chain alone."""

import pytest
from django.utils import timezone
from oauth2_provider.models import get_refresh_token_model

from apps.accounts.models import User
from apps.accounts.services.thefts import at_stake, living, tell_if_ended
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from tests.accounts.programs import Flow, flow_of, make_program


@pytest.fixture
def flow(alice: User, tenant: Tenant) -> Flow:
    return flow_of(alice, make_program(tenant))


def test_nothing_is_at_stake_by_a_good_token_an_unknown_one_or_a_chain_that_is_over(flow: Flow) -> None:
    former = flow.tokens()["refresh_token"]
    assert at_stake(former) is None
    assert at_stake("unknown") is None

    good = flow.refresh(former)[1]["refresh_token"]
    assert at_stake(former).token_checksum
    assert at_stake(good) is None

    get_refresh_token_model().objects.update(revoked=timezone.now())
    assert at_stake(former) is None


def test_a_chain_is_over_where_its_access_token_is_gone(flow: Flow) -> None:
    flow.tokens()
    row = get_refresh_token_model().objects.get()
    assert living(row.token_family) == row

    row.access_token.delete()

    assert living(row.token_family) is None
    assert living(None) is None


def test_the_person_is_told_of_what_ended_and_of_nothing_else(flow: Flow, alice: User) -> None:
    flow.tokens()
    row = get_refresh_token_model().objects.get()
    entries = Entry.objects.for_tenant(alice.tenant_id).filter(action="accounts.token.reused")

    tell_if_ended(None, now=timezone.now())
    tell_if_ended(row, now=timezone.now())
    assert not entries.exists()
    get_refresh_token_model().revoke_family(row.token_family)
    tell_if_ended(row, now=timezone.now())

    told = entries.get()
    assert (told.actor_id, told.target_id, told.after["program"]) == (None, str(alice.pk), "Rota")
