"""A directory is set up by its page: makes fill in what they call things, and what is wrong is said at its field."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.identity.admin.directory_forms import ATTRIBUTES, directory_fieldsets, typed_from
from apps.identity.ldap.settings import Attributes, LdapSettings, read_settings
from apps.identity.models import Connection, DirectoryClock
from apps.identity.sealing import opened_secret
from apps.orgs.models import Department
from apps.orgs.services import create_organisation
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.identity.slapd import write_certificates
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures

GIVEN: dict[str, Any] = {
    "set_servers": "dc1.acme.test\ndc2.acme.test:3269",
    "set_bind_dn": "cn=reader,dc=acme,dc=test",
    "set_people_base": "ou=People,dc=acme,dc=test",
    "set_departments_base": "ou=People,dc=acme,dc=test",
    "set_signs_in": "on",
    "secret": "geheim",
}


@pytest.fixture
def made(connect: Connect, tenant: Tenant) -> Connection:
    return connect(tenant, "ldap", is_active=False)


def page_of(connection: Connection) -> str:
    return reverse("admin:identity_connection_change", args=[connection.pk])


def typed(connection: Connection, **fields: Any) -> dict[str, Any]:
    """The form as the page sends it: what is usual, what every directory needs, and what a test says of its own."""
    usual = {name: value for name, value in typed_from({}).items() if value is not False}
    own = {"name": connection.name, "version": str(connection.version), "provisioning": "off"}
    return {**usual, **own, **GIVEN, **fields}


def test_a_directory_is_made_and_leads_on_to_its_settings(as_admin: Client, tenant: Tenant) -> None:
    answer = as_admin.post(reverse("admin:identity_connection_add"), {"kind": "ldap", "name": "HQ"})

    made = Connection.objects.for_tenant(tenant.id).get()
    assert answer.headers["Location"] == page_of(made)
    assert not made.is_active
    page = as_admin.get(page_of(made)).content.decode()
    assert "entryUUID" in page
    assert "Synchronisation" in page


def test_every_setting_has_a_field() -> None:
    shown = {name for _title, options in directory_fieldsets() for name in options["fields"]}

    assert {f"set_{name}" for name in LdapSettings.__struct_fields__ if name != "attributes"} <= shown
    assert set(ATTRIBUTES) == set(Attributes.__struct_fields__)


def test_settings_are_stored_and_the_password_is_never_shown(
    as_admin: Client,
    made: Connection,
    root: Department,  # noqa: F811 - the fixture
) -> None:
    fields = typed(
        made, is_active="on", provisioning="create", department=str(root.pk), set_interval_minutes="60", set_adopts="on"
    )

    answer = as_admin.post(page_of(made), fields)

    assert answer.status_code == 302, answer.context["errors"]
    made.refresh_from_db()
    settings = read_settings(made.config)
    assert settings.servers == ("dc1.acme.test", "dc2.acme.test:3269")
    assert (settings.signs_in, settings.adopts, settings.interval_minutes) == (True, True, 60)
    assert (made.is_active, made.provisioning, made.department) == (True, "create", root)
    assert opened_secret(made.pk, made.secret) == "geheim"
    page = as_admin.get(page_of(made)).content.decode()
    assert "dc2.acme.test:3269" in page
    assert "geheim" not in page
    assert "geheim" not in str(Entry.objects.for_tenant(made.tenant_id).values_list("before", "after"))
    due_at = DirectoryClock.objects.for_tenant(made.tenant_id).get().due_at
    assert due_at is not None
    assert due_at > timezone.now()


def test_what_it_is_told_again_leaves_the_password_as_it_is(as_admin: Client, made: Connection) -> None:
    as_admin.post(page_of(made), typed(made))
    made.refresh_from_db()

    as_admin.post(page_of(made), typed(made, secret="", set_timeout_s="9"))

    made.refresh_from_db()
    assert (opened_secret(made.pk, made.secret), made.config["timeout_s"]) == ("geheim", 9)


def test_a_make_fills_in_filters_and_attributes(as_admin: Client, made: Connection) -> None:
    as_admin.post(page_of(made), typed(made, set_make="active_directory", set_departments="groups"))

    made.refresh_from_db()
    settings = read_settings(made.config)
    assert (settings.attributes.id, settings.attributes.disabled) == ("objectGUID", "userAccountControl")
    assert (settings.attributes.department, settings.departments_filter) == ("cn", "(objectClass=group)")
    assert "objectGUID" in as_admin.get(page_of(made)).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("set_servers", "", "required"),
        ("set_servers", "dc 1 acme;test", "is no server"),
        ("set_servers", "dc.acme.test:70000", "is no server"),
        ("set_servers", "a b c d e f", "More than 5 servers"),
        ("set_security", "plain", "would be read on its way"),
        ("set_security", "none", "not one of the available choices"),
        ("set_ca_pem", "no certificate", "No certificate can be read"),
        ("set_bind_dn", "reader", "no distinguished name"),
        ("set_people_base", "People", "no distinguished name"),
        ("set_people_filter", "(uid=a)(uid=b)", "no filter"),
        ("set_departments_base", "", "below which entry"),
        ("set_departments_filter", "ou=*", "no filter"),
        ("set_attribute_username", "uid)(x=*", "no name of an attribute"),
        ("set_attribute_id", "", "required"),
        ("set_timeout_s", "31", "less than or equal to 30"),
        ("set_interval_minutes", "-1", "greater than or equal to 0"),
        ("set_vanishing_percent", "101", "less than or equal to 100"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(
    as_admin: Client, made: Connection, field: str, value: str, words: str
) -> None:
    page = as_admin.post(page_of(made), typed(made, **{field: value}))

    assert page.status_code == 200
    errors = page.context["adminform"].form.errors
    assert list(errors) == [field]
    assert words in str(errors[field])
    made.refresh_from_db()
    assert made.config == {}


def test_the_certificate_of_an_authority_is_one(as_admin: Client, made: Connection, tmp_path: Any) -> None:
    pem = write_certificates(tmp_path)

    as_admin.post(page_of(made), typed(made, set_ca_pem=pem))

    made.refresh_from_db()
    assert made.config["ca_pem"].strip() == pem.strip()


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(as_admin: Client, made: Connection) -> None:
    as_admin.post(page_of(made), typed(made, set_timeout_s="9"))

    page = as_admin.post(page_of(made), typed(made, set_timeout_s="7"))

    assert page.status_code == 200
    made.refresh_from_db()
    assert made.config["timeout_s"] == 9


def test_nobody_elses_department_can_be_filled(as_admin: Client, made: Connection, other_tenant: Tenant) -> None:
    chief = create_user(other_tenant, username="chief", password=None, is_superuser=True)
    create_organisation(chief, name="Abroad", tenant_id=other_tenant.pk, now=timezone.now())
    foreign = Department.objects.for_tenant(other_tenant.pk).get()

    page = as_admin.post(page_of(made), typed(made, department=str(foreign.pk)))

    assert list(page.context["adminform"].form.errors) == ["department"]
    made.refresh_from_db()
    assert made.department is None
