"""Two real issuers and several browsers, mixed up on purpose (RFC 9700 §4.4 and §4.5, RFC 9207)."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.identity.providers.kinds import OAUTH
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, came_back, left, signed_in_as
from tests.identity.parties import CLIENT_ID, SECRET, Party, parties

METADATA = {"/oidc/.well-known/openid-configuration"}
"""What may be asked before an answer is believed."""


@pytest.fixture(scope="module")
def _liar() -> Iterator[Party]:
    with parties() as party:
        yield party


@pytest.fixture
def liar(_liar: Party) -> Party:
    """An issuer that a company trusts as well, and that wants to come in as people of the other one."""
    _liar.reset()
    return _liar


@pytest.fixture
def lying(connect: Connect, tenant: Tenant, liar: Party) -> Connection:
    config = {"issuer": liar.issuer, "client_id": CLIENT_ID}
    return connect(tenant, name="liar", secret=SECRET, config=config)


@pytest.fixture(autouse=True)
def alice_is_linked(oidc: Connection, alice: User, link: Callable[..., Link]) -> Link:
    """At the honest issuer."""
    return link(oidc, alice, "sub-1")


def paths_asked(party: Party) -> set[str]:
    return {path for path, _headers, _body in party.asked}


def test_a_code_of_the_honest_issuer_is_not_shown_to_the_liar_who_led_there(
    client: Client, lying: Connection, party: Party, liar: Party
) -> None:
    liar.metadata = {"authorization_endpoint": f"{party.issuer}/authorize"}
    code, state = party.issue_code(left(client, lying))

    came_back(client, lying, code=code, state=state, iss=party.issuer)

    assert signed_in_as(client) is None
    assert "/oidc/token" not in paths_asked(liar)


def test_a_code_that_comes_where_the_honest_issuer_leads_does_not_go_with_the_liars_state(
    client: Client, oidc: Connection, lying: Connection, party: Party, liar: Party
) -> None:
    liar.metadata = {"authorization_endpoint": f"{party.issuer}/authorize"}
    code, state = party.issue_code(left(client, lying))

    came_back(client, oidc, code=code, state=state)

    assert signed_in_as(client) is None
    assert not {"/oidc/token"} & (paths_asked(liar) | paths_asked(party))


def test_an_identity_token_of_the_honest_issuer_is_worth_nothing_in_the_liars_hand(
    client: Client, lying: Connection, alice: User, party: Party, liar: Party, link: Callable[..., Link]
) -> None:
    link(lying, alice, "sub-1")
    code, state = liar.issue_code(left(client, lying))
    token = party.id_token(liar.codes[code])
    liar.metadata = {"jwks_uri": f"{party.issuer}/jwks", "userinfo_endpoint": None}
    liar.answers["/oidc/token"] = {"access_token": "at", "token_type": "Bearer", "id_token": token}

    came_back(client, lying, code=code, state=state)

    assert "/oidc/token" in paths_asked(liar)
    assert signed_in_as(client) is None


def test_the_liar_cannot_say_that_it_is_the_honest_issuer(
    client: Client, lying: Connection, party: Party, liar: Party
) -> None:
    liar.metadata = {"issuer": party.issuer}

    assert left(client, lying).startswith("/accounts/login/")


def test_somebody_elses_code_is_worth_nothing_with_ones_own_state(
    client: Client, oidc: Connection, party: Party
) -> None:
    stolen, _state = party.issue_code(left(Client(), oidc))
    own = parse_qs(urlsplit(left(client, oidc)).query)["state"][0]

    came_back(client, oidc, code=stolen, state=own)

    assert signed_in_as(client) is None


def test_a_code_of_one_connection_is_worth_nothing_at_another_of_the_same_issuer(
    client: Client, oidc: Connection, alice: User, party: Party, connect: Connect, link: Callable[..., Link]
) -> None:
    other = connect(alice.tenant, name="other", secret=SECRET, config=oidc.config)
    link(other, alice, "sub-1")
    stolen, _state = party.issue_code(left(client, oidc))
    own = parse_qs(urlsplit(left(client, other)).query)["state"][0]

    came_back(client, other, code=stolen, state=own)

    assert signed_in_as(client) is None


@pytest.fixture(params=sorted(OAUTH))
def two_alike(request: pytest.FixtureRequest, connect: Connect, tenant: Tenant, party: Party) -> list[Connection]:
    """Two connections of one kind that take whoever comes."""
    config: dict[str, Any] = {"client_id": CLIENT_ID} | {
        "oidc": {"issuer": party.issuer},
        "feishu": {"accounts_url": party.base, "api_url": party.base},
        "dingtalk": {"corp_id": "corp-1", "login_url": party.base, "api_url": party.base},
        "wecom": {"agent_id": "1", "login_url": party.base, "api_url": party.base},
        "weixin": {"login_url": party.base, "api_url": party.base},
    }[request.param]
    party.userinfo = {"open_id": "ou-1", "unionId": "un-1", "openId": "op-1", "unionid": "wx-9", "nick": "n"}
    party.claims = {} if request.param == "oidc" else {"userid": "u-1"}
    return [
        connect(tenant, request.param, name=name, secret=SECRET, config=config, provisioning="create")
        for name in ("one", "two")
    ]


@pytest.mark.parametrize("mixed_up", ["browser", "connection", "no state", "used before"])
def test_an_answer_counts_once_in_the_browser_and_for_the_connection_it_was_asked_by(
    client: Client, two_alike: list[Connection], party: Party, mixed_up: str
) -> None:
    one, two = two_alike
    code, state = party.issue_code(left(client, one))
    if mixed_up == "used before":
        came_back(client, one, code=code, state=state)
        client.logout()
    asked_before = len(party.asked)

    browser = Client() if mixed_up == "browser" else client
    answer = {"code": code, "authCode": code} | ({} if mixed_up == "no state" else {"state": state})
    came_back(browser, two if mixed_up == "connection" else one, **answer)

    assert signed_in_as(browser) is None
    assert {path.partition("?")[0] for path, _headers, _body in party.asked[asked_before:]} <= METADATA


def test_the_same_answer_is_taken_where_nothing_is_mixed_up(
    client: Client, two_alike: list[Connection], party: Party
) -> None:
    code, state = party.issue_code(left(client, two_alike[0]))

    came_back(client, two_alike[0], code=code, authCode=code, state=state)

    assert signed_in_as(client) is not None
