"""SCIM tokens are listed and revoked one by one, within the tenant only."""

from django.test import Client
from django.urls import reverse

from apps.identity.models import ScimToken
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

LIST = reverse("admin:identity_scimtoken_changelist")


def token_of(connect: Connect, tenant: Tenant, hint: str) -> ScimToken:
    connection = connect(tenant, "scim", name=hint)
    return ScimToken.unscoped.create(tenant=tenant, connection=connection, digest=hint, hint=hint)


def test_the_chosen_ones_of_ones_own_tenant_are_revoked(
    as_admin: Client, connect: Connect, tenant: Tenant, other_tenant: Tenant
) -> None:
    chosen, kept = token_of(connect, tenant, "imscim_aaaaa"), token_of(connect, tenant, "imscim_bbbbb")
    other = token_of(connect, other_tenant, "imscim_ccccc")

    page = as_admin.get(LIST).content.decode()
    as_admin.post(LIST, {"action": "revoke", "_selected_action": [str(chosen.pk), str(other.pk)]})

    assert "imscim_bbbbb" in page
    assert "imscim_ccccc" not in page
    assert set(ScimToken.unscoped.all()) == {kept, other}


def test_whoever_may_only_look_revokes_nothing(as_reader: Client, connect: Connect, tenant: Tenant) -> None:
    token = token_of(connect, tenant, "imscim_aaaaa")

    as_reader.post(LIST, {"action": "revoke", "_selected_action": [str(token.pk)]})

    assert ScimToken.unscoped.get() == token
