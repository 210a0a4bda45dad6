"""Whom a program serves."""

from oauth2_provider.models import get_application_model
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services.serving import available_scopes, is_served, standing_of
from apps.common.wall.binding import bound
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.accounts.programs import SCOPES, make_program


def reloaded(application: object) -> object:
    return get_application_model().objects.get(pk=application.pk)  # type: ignore[attr-defined]  # a row


def test_a_tenants_program_serves_its_people_whoever_asks(tenant: Tenant, alice: User, eve: User) -> None:
    application = make_program(tenant).application

    for who in (alice, eve):
        with bound(who.tenant_id):
            fresh = reloaded(application)
            assert (is_served(alice, fresh), is_served(eve, fresh), is_served(None, fresh)) == (True, False, False)
    assert available_scopes(application) == list(SCOPES)


def test_the_systems_serves_everybody(alice: User, eve: User) -> None:
    application = make_program(ensure_system_tenant()).application

    with bound(eve.tenant_id):
        assert is_served(alice, reloaded(application))
        assert is_served(eve, reloaded(application))


def test_those_that_come_with_imsite_serve_everybody_and_need_no_row(alice: User, eve: User) -> None:
    own = get_application_model().objects.get(client_id="imsite-cli")

    assert (is_served(alice, own), is_served(eve, own)) == (True, True)
    assert available_scopes(own) == ["openid", "profile", "email", "im"]


def test_one_without_a_registration_serves_nobody(alice: User) -> None:
    stray = get_application_model().objects.create(name="Stray", client_id="stray")

    assert standing_of(stray) is None
    assert available_scopes(stray) == []
    assert not is_served(alice, stray)


def test_it_is_looked_up_once(tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    application = reloaded(make_program(tenant).application)
    standing_of(application)

    with django_assert_num_queries(0):
        standing_of(application)
