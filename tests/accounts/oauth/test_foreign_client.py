"""A client that others wrote: Authlib signs in here by what discovery tells it.

Its requests are prepared by the library `requests` down to their bytes, and answered by the whole site in this process.
"""

import re
from io import BytesIO
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from apps.accounts.models import User
from apps.tenants.models import Tenant
from imsite.env import ROOT
from tests.accounts.programs import CALLBACK, VERIFIER, flow_of, make_program, make_service_account

ORIGIN = "https://testserver"


class Site(BaseAdapter):
    """Answers what is sent to any address, by the site."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() != "content-length"}
        content_type = headers.pop("Content-Type", "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        path = (request.url or "").removeprefix(ORIGIN)
        answer = Client().generic(
            request.method or "", path, body, content_type=content_type, headers=headers, secure=True
        )
        response = Response()
        response.status_code, response.url, response.request = answer.status_code, request.url or "", request
        response.headers.update(answer.headers)
        response.raw = BytesIO(answer.content)
        return response

    def close(self) -> None:
        """Nothing is open."""


def session(*args: Any, **kwargs: Any) -> OAuth2Session:
    client = OAuth2Session(*args, **kwargs)
    client.mount(ORIGIN, Site())
    return client


def discovered() -> dict[str, Any]:
    http = Session()
    http.mount(ORIGIN, Site())
    found: dict[str, Any] = http.get(f"{ORIGIN}/.well-known/openid-configuration").json()
    found["keys"] = http.get(found["jwks_uri"]).json()
    return found


def test_a_person_signs_in_to_it(alice: User, tenant: Tenant) -> None:
    server, site = discovered(), make_program(tenant)
    client = session(
        site.client_id,
        site.secret,
        scope="openid profile",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    url, state = client.create_authorization_url(server["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1")
    browser = flow_of(alice, site)
    page = browser.browser.get(url.removeprefix(ORIGIN), secure=True)
    led = browser.answer(page, secure=True).headers["Location"]

    tokens = client.fetch_token(
        server["token_endpoint"], authorization_response=led, state=state, code_verifier=VERIFIER
    )
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(server["keys"]), algorithms=["RS256"]).claims
    who = client.get(server["userinfo_endpoint"]).json()
    refreshed = client.refresh_token(server["token_endpoint"])
    worth = client.introspect_token(server["introspection_endpoint"], token=refreshed["access_token"]).json()
    client.revoke_token(server["revocation_endpoint"], token=refreshed["access_token"])
    worth_then = client.introspect_token(server["introspection_endpoint"], token=refreshed["access_token"]).json()

    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": server["issuer"]},
        aud={"essential": True, "value": site.client_id},
        nonce={"essential": True, "value": "n-1"},
    ).validate(claims)
    assert claims["sub"] == who["sub"] == worth["sub"] == str(alice.pk)
    assert who["name"] == "Alice"
    assert (worth["active"], worth_then) == (True, {"active": False})


def example_of(page: str) -> str:
    """The program of the documentation, without what is said beside it."""
    return (ROOT / "docs" / page).read_text().split("```python\n# ")[1].split("```")[0].partition("\n")[2]


def test_both_languages_show_the_same_program() -> None:
    english, chinese = (re.sub(r"#.*", "", example_of(page)) for page in ("identity.md", "identity.zh-CN.md"))

    assert english == chinese


@pytest.mark.parametrize("page", ["identity.md", "identity.zh-CN.md"])
def test_the_example_of_the_documentation_runs(
    alice: User, tenant: Tenant, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_program(tenant)
    flow = flow_of(alice, site)
    example = example_of(page)
    assert "OAuth2Session" in example
    monkeypatch.setattr(Session, "get_adapter", lambda self, url: Site())

    def let_the_person_visit(address: str) -> str:
        asked = flow.browser.get(address.removeprefix(ORIGIN), secure=True)
        return str(flow.answer(asked, secure=True).headers["Location"])

    names: dict[str, Any] = {
        "client_id": site.client_id,
        "client_secret": site.secret,
        "callback": CALLBACK,
        "verifier": VERIFIER,
        "imsite": ORIGIN,
        "let_the_person_visit": let_the_person_visit,
    }
    exec(example, names)

    assert names["person"]["preferred_username"] == alice.login
    assert names["colleagues"] == []


def test_a_program_comes_in_its_own_name_and_does_what_it_was_granted(tenant: Tenant) -> None:
    program = make_program(
        tenant, "service", account=make_service_account(tenant), scopes=("orgs.people.view", "openid")
    )
    client = session(program.client_id, program.secret, scope="orgs.people.view")

    client.fetch_token(discovered()["token_endpoint"], grant_type="client_credentials")

    assert client.get(f"{ORIGIN}/api/v1/people").json()["items"] == []
    assert client.get(f"{ORIGIN}/api/v1/me").json()["code"] == "insufficient_scope"


def test_it_notices_a_wrong_secret(tenant: Tenant) -> None:
    program = make_program(tenant, "service", account=make_service_account(tenant))
    client = session(program.client_id, "wrong")

    with pytest.raises(OAuthError) as refusal:
        client.fetch_token(discovered()["token_endpoint"], grant_type="client_credentials")

    assert refusal.value.error == "invalid_client"
