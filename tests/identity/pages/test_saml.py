"""Signing in by SAML with a real provider, through our pages."""

import base64
import re
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, left, signed_in_as
from tests.identity.saml_idp import Idp


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Idp:
    return Idp(tmp_path_factory.mktemp("idp"))


@pytest.fixture
def saml(connect: Connect, tenant: Tenant, idp: Idp) -> Connection:
    return connect(tenant, "saml", config=idp.config(), provisioning="create")


def request_of(location: str) -> str:
    """The id of the request in the address of the provider."""
    packed = base64.b64decode(parse_qs(urlsplit(location).query)["SAMLRequest"][0])
    found = re.search(r'ID="([^"]+)"', zlib.decompress(packed, -15).decode())
    assert found is not None
    return found.group(1)


def response_to(client: Client, idp: Idp, connection: Connection, request_id: str) -> str:
    metadata = client.get(reverse("identity-saml-metadata", args=[connection.pk])).content.decode()
    base = f"http://testserver/accounts/via/{connection.pk}/saml/"
    return base64.b64encode(idp.respond(metadata, request_id, base, f"{base}metadata/").encode()).decode()


def posted(client: Client, connection: Connection, answer: str, **more: str) -> Any:
    return client.post(reverse("identity-saml", args=[connection.pk]), {"SAMLResponse": answer, **more})


def test_somebody_comes_in_is_made_and_comes_in_again(client: Client, saml: Connection, idp: Idp) -> None:
    for _again in range(2):
        answer = response_to(client, idp, saml, request_of(left(client, saml)))
        response = posted(client, saml, answer)
        assert response.headers["Location"] == "/chat/"

    made = User.unscoped.get(pk=signed_in_as(client))
    assert (made.username, made.email, made.display_name) == ("alice", "alice@acme.test", "爱丽丝")
    assert client.session["method"] == "saml"


def test_a_post_that_comes_without_the_session_is_posted_once_more(saml: Connection) -> None:
    answer = posted(Client(), saml, "PHg+")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="PHg+"' in page
    assert 'name="again"' in page


def test_the_session_has_another_key_afterwards(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))
    before = client.session.session_key

    posted(client, saml, answer)

    assert signed_in_as(client)
    assert client.session.session_key != before


def test_an_answer_is_taken_once(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))
    posted(client, saml, answer)
    client.logout()

    response = posted(client, saml, answer, again="1")

    assert response.headers["Location"] == "/accounts/login/?tenant=acme"
    assert signed_in_as(client) is None


def test_a_request_is_good_for_one_answer_even_a_wrong_one(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))

    posted(client, saml, base64.b64encode(b"<guess/>").decode())
    posted(client, saml, answer, again="1")

    assert signed_in_as(client) is None


def test_an_answer_to_somebody_elses_request_is_refused(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))
    victim = Client()
    left(victim, saml)

    posted(victim, saml, answer)

    assert signed_in_as(victim) is None


def test_an_answer_at_another_connection_is_refused(
    client: Client, saml: Connection, idp: Idp, connect: Connect, tenant: Tenant
) -> None:
    other = connect(tenant, "saml", name="other", config=idp.config(), provisioning="create")
    answer = response_to(client, idp, saml, request_of(left(client, saml)))

    posted(client, other, answer)

    assert signed_in_as(client) is None


def test_a_request_is_good_for_ten_minutes(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))
    session = client.session
    session["identity_saml"] = {**session["identity_saml"], "at": session["identity_saml"]["at"] - 601}
    session.save()

    posted(client, saml, answer)

    assert signed_in_as(client) is None


@pytest.mark.parametrize("answer", ["", "x" * (256 * 1024 + 1)], ids=["nothing", "too much"])
def test_what_is_no_answer_is_not_there(client: Client, saml: Connection, answer: str) -> None:
    assert posted(client, saml, answer).status_code == 404


def test_there_is_nothing_to_answer_at_a_connection_of_another_kind_or_at_none(
    client: Client, saml: Connection, oidc: Connection
) -> None:
    left(client, saml)
    saml.is_active = False
    saml.save()

    for connection in (saml, oidc, Connection()):
        assert posted(client, connection, "PHg+", again="1").status_code == 404


def test_settings_that_broke_while_somebody_was_away_are_said(client: Client, saml: Connection, idp: Idp) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml)))
    saml.config = {**saml.config, "certificate": "none"}
    saml.save()

    response = posted(client, saml, answer)

    assert signed_in_as(client) is None
    assert "not set up" in client.get(response.headers["Location"]).content.decode()


def test_metadata_are_of_saml_connections_only(client: Client, saml: Connection, oidc: Connection) -> None:
    assert client.get(reverse("identity-saml-metadata", args=[oidc.pk])).status_code == 404
    assert b"AssertionConsumerService" in client.get(reverse("identity-saml-metadata", args=[saml.pk])).content


def test_an_account_is_linked_by_saml_too(
    client: Client, saml: Connection, idp: Idp, alice: User, signed_in: Any, tenant: Tenant
) -> None:
    signed_in(alice)
    page = client.post(reverse("account-link-add", args=[saml.pk])).content.decode()
    found = re.search(r'href="(https://idp[^"]+)"', page)
    assert found is not None

    response = posted(client, saml, response_to(client, idp, saml, request_of(found.group(1).replace("&amp;", "&"))))

    assert response.headers["Location"] == "/accounts/links/"
    assert Link.objects.for_tenant(tenant.id).get().user == alice


def test_a_connection_without_a_certificate_says_so(client: Client, connect: Connect, tenant: Tenant, idp: Idp) -> None:
    connection = connect(tenant, "saml", config={**idp.config(), "certificate": "none"})

    page = client.get(reverse("identity-start", args=[connection.pk]), follow=True).content.decode()

    assert "not set up" in page
    assert client.get(reverse("identity-saml-metadata", args=[connection.pk])).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "landed"), [("/accounts/links/?a=b", "/accounts/links/?a=b"), ("//evil.test", "/chat/")]
)
def test_a_sign_in_by_saml_leads_where_somebody_wanted_to_go(
    client: Client, saml: Connection, idp: Idp, wanted: str, landed: str
) -> None:
    answer = response_to(client, idp, saml, request_of(left(client, saml, next=wanted)))

    response = posted(client, saml, answer, RelayState="https://evil.test/", next="https://evil.test/")

    assert response.headers["Location"] == landed
