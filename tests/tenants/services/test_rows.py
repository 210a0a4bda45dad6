"""Everything that belongs to a tenant is found by itself."""

from apps.accounts.models import Registration, Terminal, User
from apps.messaging.models import Event
from apps.tenants.models import Tenant
from apps.tenants.services.rows import (
    dependents,
    is_leaf,
    names_tenant,
    possessions,
    primary_key,
    tenant_models,
)


def test_rows_that_name_their_tenant_are_found() -> None:
    found = tenant_models()

    assert {User, Terminal, Event} <= set(found)
    assert Tenant not in found
    assert all(names_tenant(model) for model in found)


def test_so_are_rows_that_lead_to_one() -> None:
    tables = {dependent.model._meta.db_table for dependent in dependents()}

    assert {"oauth2_provider_accesstoken", "oauth2_provider_refreshtoken", "django_admin_log"} <= tables
    assert "accounts_user" not in tables


def test_so_are_rows_that_one_has_for_itself() -> None:
    found = {(each.owner._meta.label, each.model._meta.label) for each in possessions()}

    assert ("accounts.Registration", "oauth2_provider.Application") in found
    assert Tenant not in {each.model for each in possessions()}
    assert ("accounts.BrowserSession", "sessions.Session") in found
    assert {primary_key(each.model) for each in possessions()} == {"id", "session_key"}


def test_what_nothing_refers_to_may_go_a_few_at_a_time() -> None:
    assert is_leaf(Event)
    assert not is_leaf(User)
    assert not is_leaf(Registration)
