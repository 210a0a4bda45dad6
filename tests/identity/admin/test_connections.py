"""A tenant's administrator sets up a connection, tries it, and sees none of another tenant."""

from django.test import Client
from django.urls import reverse

from apps.identity.models import Connection
from apps.identity.sealing import opened_secret
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.identity.parties import CLIENT_ID, Party

LIST = reverse("admin:identity_connection_changelist")


def page_of(connection: Connection) -> str:
    return reverse("admin:identity_connection_change", args=[connection.pk])


def typed(connection: Connection, **fields: str) -> dict[str, str]:
    return {
        "name": connection.name,
        "is_active": "on",
        "email_domains": "acme.test, acme.example",
        "matching": "off",
        "provisioning": "create",
        "version": str(connection.version),
        **fields,
    }


def test_a_connection_is_made_and_leads_on_to_its_settings(as_admin: Client, tenant: Tenant) -> None:
    response = as_admin.post(reverse("admin:identity_connection_add"), {"kind": "oidc", "name": "Company"})

    made = Connection.objects.for_tenant(tenant.id).get()
    assert response.headers["Location"] == page_of(made)
    assert not made.is_active
    assert f"/accounts/via/{made.pk}/callback/" in as_admin.get(page_of(made)).content.decode()


def test_its_settings_are_stored_and_the_secret_is_never_shown(
    as_admin: Client, connect: Connect, tenant: Tenant
) -> None:
    made = connect(tenant, is_active=False)

    response = as_admin.post(
        page_of(made),
        typed(made, set_issuer="https://id.acme.test", set_client_id="im", set_scopes="openid email", secret="geheim"),
    )

    assert response.status_code == 302, response.context["errors"]
    made.refresh_from_db()
    assert made.config["issuer"] == "https://id.acme.test"
    assert list(made.config["scopes"]) == ["openid", "email"]
    assert made.email_domains == ["acme.example", "acme.test"]
    assert opened_secret(made.pk, made.secret) == "geheim"
    assert "geheim" not in as_admin.get(page_of(made)).content.decode()


def test_settings_that_are_not_right_are_said_so_and_not_stored(
    as_admin: Client, connect: Connect, tenant: Tenant
) -> None:
    made = connect(tenant, is_active=False)

    page = as_admin.post(page_of(made), typed(made, set_issuer="http://id.acme.test", set_client_id="im"))

    assert page.status_code == 200
    assert "issuer" in page.content.decode()
    made.refresh_from_db()
    assert made.config == {}


def test_it_is_tried_out_from_the_list(as_admin: Client, connect: Connect, tenant: Tenant, party: Party) -> None:
    good = connect(tenant, name="good", config={"issuer": party.issuer, "client_id": CLIENT_ID})
    bad = connect(tenant, name="bad", config={"issuer": f"{party.base}/nowhere", "client_id": CLIENT_ID})

    page = as_admin.post(
        LIST, {"action": "try_out", "_selected_action": [str(good.pk), str(bad.pk)]}, follow=True
    ).content.decode()

    assert "The issuer answers" in page
    assert "bad: The settings of this connection are not right" in page


def test_it_is_deleted_on_its_own_page(as_admin: Client, connect: Connect, tenant: Tenant) -> None:
    made = connect(tenant)

    as_admin.post(reverse("admin:identity_connection_delete", args=[made.pk]), {"post": "yes"})

    assert not Connection.objects.for_tenant(tenant.id).exists()


def test_another_tenants_is_not_there(as_admin: Client, connect: Connect, other_tenant: Tenant) -> None:
    other = connect(other_tenant)

    assert other.name not in as_admin.get(LIST).content.decode()
    assert as_admin.get(page_of(other)).status_code == 404
    assert as_admin.post(page_of(other), typed(other, name="mine")).status_code == 404


def test_whoever_may_only_look_sees_what_it_is_and_no_settings(
    as_reader: Client, connect: Connect, tenant: Tenant
) -> None:
    for kind in Connection.Kind.values:
        made = connect(tenant, kind, config={"issuer": "https://id.acme.test", "servers": ["dc.acme.test"]})

        page = as_reader.get(page_of(made))

        assert page.status_code == 200, kind
        assert page.context["panel"]["deeds"] == {}
        assert ".acme.test" not in page.content.decode()
        assert as_reader.post(page_of(made), typed(made)).status_code == 403


class TestScim:
    def test_its_page_says_the_address_to_give_and_stores_where_people_go(
        self, as_admin: Client, connect: Connect, tenant: Tenant
    ) -> None:
        made = connect(tenant, "scim", is_active=False)
        assert f"http://testserver/scim/{made.pk}/v2/" in as_admin.get(page_of(made)).content.decode()

        answer = as_admin.post(page_of(made), {"name": "Entra", "is_active": "on", "version": "1"})

        assert answer.status_code == 302, answer.context["errors"]
        made.refresh_from_db()
        assert (made.name, made.is_active, made.config) == ("Entra", True, {})
