"""Buttons on the page of a connection: each does one thing, by a form only, for whoever may change the connection."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.identity.admin.deeds import DEEDS
from apps.identity.models import Connection, DirectoryRun, ScimToken
from apps.identity.services.scim.tokens import connection_of
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.identity.parties import CLIENT_ID, Party
from tests.identity.services.directories.conftest import NOW, Fill, directory  # noqa: F401 - a fixture
from tests.identity.slapd import slapd  # noqa: F401 - a fixture
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures

RUN = "admin:identity_directoryrun_change"


def do(client: Client, connection: Connection, what: str) -> Any:
    return client.post(reverse("admin:identity_connection_do", args=[connection.pk, what]))


def said(answer: Any) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in get_messages(answer.wsgi_request)]


def test_a_directory_is_tested_and_what_fails_is_said(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    good = directory()
    assert [level for level, _text in said(do(as_admin, good, "check"))] == ["success"] * 4

    Connection.objects.for_tenant(good.tenant_id).update(secret="")
    messages = said(do(as_admin, good, "check"))

    assert [(level, "password to bind with is refused" in text) for level, text in messages][-1] == ("error", True)


def test_a_preview_and_a_run_lead_to_their_pages(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none")

    for what, state in (("preview", "previewed"), ("run", "applied")):
        answer = do(as_admin, connection, what)
        run = DirectoryRun.objects.for_tenant(connection.tenant_id).latest("created_at", "id")
        assert answer.headers["Location"] == reverse(RUN, args=[run.pk])
        assert (run.state, run.started_by) == (state, "alice@acme")


def test_what_is_refused_is_said_on_the_page(as_admin: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, "ldap")

    answer = do(as_admin, connection, "preview")

    assert answer.headers["Location"] == reverse("admin:identity_connection_change", args=[connection.pk])
    ((level, text),) = said(answer)
    assert level == "error"
    assert "settings of this directory are not complete" in text


def test_another_party_is_asked(as_admin: Client, connect: Connect, tenant: Tenant, party: Party) -> None:
    connection = connect(tenant, config={"issuer": party.issuer, "client_id": CLIENT_ID})

    assert said(do(as_admin, connection, "check"))[0][0] == "success"


def test_a_token_is_shown_once_and_kept_by_nobody(as_admin: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, "scim")

    page = do(as_admin, connection, "token")

    token = page.context["token"]
    assert "no-store" in page.headers["Cache-Control"]
    assert token in page.content.decode()
    assert f"http://testserver/scim/{connection.pk}/v2/" in page.content.decode()
    assert connection_of(token, connection_id=connection.pk, now=NOW) == connection
    assert token not in as_admin.get(page.context["back"]).content.decode()
    assert token not in str(list(Entry.objects.for_tenant(tenant.pk).values()))


def test_all_tokens_are_revoked(as_admin: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, "scim")
    do(as_admin, connection, "token")
    do(as_admin, connection, "token")

    assert ("success", "2 tokens revoked.") in said(do(as_admin, connection, "revoke"))

    assert not ScimToken.objects.for_tenant(tenant.pk).exists()


@pytest.mark.parametrize("kind", Connection.Kind.values)
def test_nothing_is_done_by_a_link_or_for_another_tenant_or_by_whoever_has_no_powers(
    as_admin: Client, connect: Connect, bob: User, tenant: Tenant, other_tenant: Tenant, kind: str
) -> None:
    own, other = connect(tenant, kind), connect(other_tenant, kind)
    nobody = Client()
    nobody.force_login(bob)

    for what in DEEDS[kind]:
        address = reverse("admin:identity_connection_do", args=[own.pk, what])
        assert as_admin.get(address).status_code == 404
        assert do(as_admin, other, what).status_code == 404
        assert do(nobody, own, what).headers["Location"].startswith(reverse("admin:login"))
    assert do(as_admin, own, "nonsense").status_code == 404
    assert not DirectoryRun.unscoped.exists()
    assert not ScimToken.unscoped.exists()


def test_whoever_may_only_look_does_nothing(as_reader: Client, connect: Connect, tenant: Tenant) -> None:
    for kind in Connection.Kind.values:
        connection = connect(tenant, kind)
        assert {do(as_reader, connection, what).status_code for what in DEEDS[kind]} == {403}


def test_a_form_of_another_site_does_nothing(as_admin: Client, alice: User, connect: Connect, tenant: Tenant) -> None:
    connection, strict = connect(tenant, "scim"), Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert do(strict, connection, "token").status_code == 403
    assert not ScimToken.objects.for_tenant(tenant.pk).exists()
