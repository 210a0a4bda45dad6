"""People are sent to the node that owns their slot, and stay online when the one they came in by is gone."""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import BrowserContext, Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.services.applications import PROGRAM_CLIENT_ID
from apps.wire.errors import CloseCode
from tests.accounts.test_ticket_example import program_of
from tests.webclient.browser.conftest import name_of
from tests.webclient.browser.two_nodes import Node, TwoNodes
from tests.webclient.browser.visitor import Visitor, new_tab

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ATTEMPTS = 4
"""At each node, with one and the same ticket."""
PATIENCE_S = 60
CLOSED_WITHIN_S = 60
"""Far more than it takes: the machine of a test may be busy. `benchmarks/revocation.py` has the figures."""

Contexts = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    running = TwoNodes(tmp_path_factory.mktemp("two"), os.environ.get("PYTEST_XDIST_WORKER", "gw"))
    try:
        running.prepare()
        yield running
    finally:
        running.close()


class Sockets:
    """The addresses to which a page has opened sockets, in order."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        page.on("websocket", lambda socket: self.urls.append(socket.url))


def come_in(cluster: TwoNodes, contexts: Contexts, login: str) -> tuple[Visitor, Sockets]:
    """Sign in at the first node's page."""
    visitor = new_tab(contexts(), cluster.nodes[0].url, login)
    sockets = Sockets(visitor.page)
    return visitor.sign_in(cluster.password), sockets


def token_of(cluster: TwoNodes, login: str) -> str:
    fields = {
        "grant_type": "password",
        "username": login,
        "password": cluster.password,
        "client_id": PROGRAM_CLIENT_ID,
    }
    with urllib.request.urlopen(f"{cluster.nodes[0].url}/oauth/token/", urlencode(fields).encode(), 10) as answer:
        return str(json.load(answer)["access_token"])


def sign_in(socket: ClientConnection, token: str, *, redirect: bool, **fields: str) -> dict[str, Any]:
    """Sign in over a socket of our own, from a new terminal; return the first frame that comes."""
    frame = {"op": "sign_in", "token": token, "terminal": str(uuid4()), "platform": "linux", "redirect": redirect}
    socket.send(json.dumps(frame | fields))
    return dict(json.loads(socket.recv(10)))


def ticket_of(node: Node, token: str, *, audience: str = "imsite") -> str:
    """A ticket that opens imsite itself, or what it is for."""
    asked = {"audience": audience, "scopes": ["im" if audience == "imsite" else "profile"], "lifetime_s": 60}
    request = urllib.request.Request(f"{node.url}/api/v1/tickets", json.dumps(asked).encode())
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["ticket"])


def fetched_with(node: Node, ticket: str) -> str:
    """Ask a node who one is; return the code of its refusal, or nothing."""
    request = urllib.request.Request(f"{node.url}/api/v1/me", headers={"Authorization": f"Bearer {ticket}"})
    try:
        with urllib.request.urlopen(request, timeout=10):
            return ""
    except urllib.error.HTTPError as refusal:
        return str(json.load(refusal)["code"])


def opened_with(node: Node, ticket: str) -> str:
    """Open a session at a node; return the code of its refusal, or nothing."""
    with connect(node.ws_url) as socket:
        return str(sign_in(socket, ticket, redirect=False).get("code", ""))


def at_once(attempt: Callable[[Node, str], str], nodes: list[Node], ticket: str) -> list[str]:
    """Let several at each node do the same at the same moment; return what came of it, in order."""
    runners = nodes * ATTEMPTS
    gate = threading.Barrier(len(runners))

    def go(node: Node) -> str:
        gate.wait(PATIENCE_S)
        return attempt(node, ticket)

    with ThreadPoolExecutor(len(runners)) as pool:
        return sorted(pool.map(go, runners))


@pytest.mark.parametrize("attempt", [fetched_with, opened_with])
def test_a_ticket_that_is_shown_to_both_nodes_at_once_opens_one_thing(
    cluster: TwoNodes, attempt: Callable[[Node, str], str]
) -> None:
    login = cluster.take_somebody_of(cluster.nodes[0])
    ticket = ticket_of(cluster.nodes[0], token_of(cluster, login))

    outcomes = at_once(attempt, cluster.nodes, ticket)

    assert outcomes == ["", *["ticket_spent"] * (2 * ATTEMPTS - 1)]
    assert [fetched_with(node, ticket) for node in cluster.nodes] == ["ticket_spent"] * 2


def test_a_ticket_of_one_node_is_checked_by_the_keys_that_the_other_publishes(cluster: TwoNodes) -> None:
    first, second = cluster.nodes
    token = token_of(cluster, cluster.take_somebody_of(first))
    program: dict[str, Any] = {}
    exec(program_of("identity.md"), program)
    program |= {"IMSITE": first.url, "MYSELF": "https://forms.example.com"}
    program["urlopen"] = lambda address, timeout: urllib.request.urlopen(
        address.replace(first.url, second.url), timeout=timeout
    )
    ticket = ticket_of(first, token, audience=program["MYSELF"])

    assert UUID(program["who_came"](ticket))

    with pytest.raises(ValueError, match="used before"):
        program["who_came"](ticket)


def test_only_the_owner_of_her_slot_serves_somebody_who_follows(cluster: TwoNodes) -> None:
    first, second = cluster.nodes
    token = token_of(cluster, cluster.take_somebody_of(second))

    with connect(first.ws_url) as socket:
        closing = sign_in(socket, token, redirect=True)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
    with connect(second.ws_url) as socket:
        welcome = sign_in(socket, token, redirect=True)

    assert (closing["op"], closing["reason"], closing["url"]) == ("closing", "redirect", second.ws_url)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.RESTART
    assert welcome["op"] == "welcome"


def test_whoever_does_not_follow_is_served_where_she_is(cluster: TwoNodes) -> None:
    first, second = cluster.nodes
    token = token_of(cluster, cluster.take_somebody_of(second))

    with connect(first.ws_url) as socket:
        assert sign_in(socket, token, redirect=False)["op"] == "welcome"


def end_of(socket: ClientConnection) -> tuple[dict[str, Any], int, float]:
    """Return the closing frame, the close code, and when that came."""
    closing = dict(json.loads(socket.recv(CLOSED_WITHIN_S)))
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(CLOSED_WITHIN_S)
    assert closed.value.rcvd is not None
    return closing, closed.value.rcvd.code, time.time()


def test_a_terminal_revoked_at_one_node_is_closed_at_the_other(
    cluster: TwoNodes, record_property: Callable[[str, object], None]
) -> None:
    first, second = cluster.nodes
    login = cluster.take_somebody_of(second)
    lost, kept = token_of(cluster, login), token_of(cluster, login)

    with connect(first.ws_url) as stolen, connect(first.ws_url) as own:
        terminal = sign_in(stolen, lost, redirect=False)["terminal"]
        assert sign_in(own, kept, redirect=False)["op"] == "welcome"
        request = urllib.request.Request(f"{second.url}/api/v1/me/terminals/{terminal}", method="DELETE")
        request.add_header("Authorization", f"Bearer {kept}")
        begun_s = time.time()
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 204
        closing, code, ended_s = end_of(stolen)
        own.send(json.dumps({"op": "heartbeat"}))

        record_property("closed_at_the_other_node_after_ms", round((ended_s - begun_s) * 1000))
        assert (closing["reason"], code) == ("revoked", CloseCode.REVOKED)
        assert json.loads(own.recv(10))["op"] == "heartbeat"
        with connect(second.ws_url) as back:
            assert sign_in(back, lost, redirect=False)["code"] == "token_invalid"


def switch(node: Node, path: str, token: str, body: dict[str, object]) -> None:
    """Change a status over REST."""
    request = urllib.request.Request(f"{node.url}/api/v1/{path}/status", json.dumps(body).encode(), method="PUT")
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_who_is_suspended_at_one_node_is_closed_at_the_other(cluster: TwoNodes) -> None:
    """The person first, then everybody of her tenant; each is told which of the two it is."""
    first, second = cluster.nodes
    root = token_of(cluster, cluster.logins["operators"][0])
    one, other = cluster.take_somebody_of(second), cluster.take_somebody_of(second)

    with connect(first.ws_url) as hers, connect(first.ws_url) as others:
        welcome = sign_in(hers, token_of(cluster, one), redirect=False)
        assert sign_in(others, token_of(cluster, other), redirect=False)["op"] == "welcome"
        switch(second, f"people/{welcome['user']}", root, {"is_active": False})
        person, person_code, _ = end_of(hers)
        others.send(json.dumps({"op": "heartbeat"}))
        assert json.loads(others.recv(PATIENCE_S))["op"] == "heartbeat"
        try:
            switch(second, f"tenants/{welcome['tenant']}", root, {"status": "suspended"})
            tenant, tenant_code, _ = end_of(others)
        finally:
            switch(second, f"tenants/{welcome['tenant']}", root, {"status": "active"})

    assert (person["reason"], person_code) == ("account_suspended", CloseCode.REVOKED)
    assert (tenant["reason"], tenant_code) == ("tenant_suspended", CloseCode.REVOKED)


def test_a_sign_in_at_one_node_closes_the_terminal_at_the_other_whose_place_it_takes(cluster: TwoNodes) -> None:
    first, second = cluster.nodes
    login = cluster.take_somebody_of(first)
    cluster.bound_terminals(login, "android", 1)
    tokens = [token_of(cluster, login) for _ in range(2)]

    with connect(first.ws_url) as former, connect(second.ws_url) as latter:
        assert sign_in(former, tokens[0], redirect=False, platform="android")["op"] == "welcome"
        assert sign_in(latter, tokens[1], redirect=False, platform="android", name="Phone")["op"] == "welcome"
        closing, code, _ = end_of(former)

        assert (closing["reason"], closing["details"]["name"], code) == (
            "signed_in_elsewhere",
            "Phone",
            CloseCode.DISPLACED,
        )


def test_a_browser_follows_to_the_node_of_its_slot(cluster: TwoNodes, contexts: Contexts) -> None:
    first, second = cluster.nodes
    near, far = cluster.take_somebody_of(first), cluster.take_somebody_of(second)

    at_near, sockets_near = come_in(cluster, contexts, near)
    at_far, sockets_far = come_in(cluster, contexts, far)
    at_near.start_direct(name_of(far))
    at_near.send("from one node")
    at_far.open_conversation(name_of(near))
    at_far.send("to the other")

    assert sockets_near.urls == [first.ws_url]
    assert sockets_far.urls == [first.ws_url, second.ws_url]
    for visitor in (at_near, at_far):
        visitor.expect_texts(["from one node", "to the other"])
        visitor.expect_no_complaints()


def test_without_the_node_they_came_in_by_people_go_on_at_the_other(cluster: TwoNodes, contexts: Contexts) -> None:
    first, second = cluster.nodes
    stays, moves = cluster.take_somebody_of(second), cluster.take_somebody_of(first)
    at_stays, sockets_stays = come_in(cluster, contexts, stays)
    at_moves, sockets_moves = come_in(cluster, contexts, moves)
    at_stays.start_direct(name_of(moves))
    at_stays.send("before")
    at_moves.open_conversation(name_of(stays))
    at_moves.expect_texts(["before"])

    cluster.stop_node(first)
    at_stays.send("during")
    at_stays.expect_mark("during", "sent")
    at_moves.expect_texts(["before", "during"])
    at_moves.send("after")

    at_stays.expect_texts(["before", "during", "after"])
    assert sockets_stays.urls == [first.ws_url, second.ws_url]
    assert sockets_moves.urls[-1] == second.ws_url
    for visitor in (at_stays, at_moves):
        visitor.expect_no_complaints(network_trouble=True)
