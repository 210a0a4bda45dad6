"""Ending what a program began."""

from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.models import User
from apps.accounts.services.endings import end_program
from apps.tenants.models import Tenant
from tests.accounts.programs import flow_of, make_program


def test_it_takes_one_persons_or_everybodys_and_no_other_programs(tenant: Tenant, alice: User, bob: User) -> None:
    one, other = make_program(tenant, name="One"), make_program(tenant, name="Other")
    for user, program in ((alice, one), (bob, one), (alice, other)):
        flow_of(user, program).tokens()
    flow_of(alice, one).code()

    ended = end_program(one.application, user=alice)

    access, refreshing = get_access_token_model().objects, get_refresh_token_model().objects
    assert ended == 2
    assert not access.filter(user=alice, application=one.application).exists()
    assert not get_grant_model().objects.exists()
    assert refreshing.filter(revoked__isnull=True).count() == access.count() == 2

    end_program(one.application)

    assert list(access.values_list("application_id", flat=True)) == [other.application.pk]
    assert end_program(one.application) == 0
