"""Tokens are kept while good, refreshed before they end, and asked for by password when all else is refused."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from apps.client.addresses import Addresses
from apps.client.errors import SignInRefused, SignInUnavailable
from apps.client.tokens import HttpAnswer, PasswordTokens, ProvidedTokens, post_form
from tests.client.scripted import ManualTiming


class Endpoint:
    """A token endpoint with prepared answers."""

    def __init__(self, *answers: HttpAnswer | SignInUnavailable) -> None:
        self.answers = list(answers)
        self.forms: list[dict[str, str]] = []
        self.url = ""

    async def post(self, url: str, fields: dict[str, str]) -> HttpAnswer:
        self.url = url
        self.forms.append(fields)
        answer = self.answers.pop(0)
        if isinstance(answer, SignInUnavailable):
            raise answer
        return answer

    @property
    def grants(self) -> list[str]:
        return [form["grant_type"] for form in self.forms]


def issued(number: int, **fields: Any) -> HttpAnswer:
    body = {"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 3600, **fields}
    return HttpAnswer(200, json.dumps(body).encode(), 0)


def refused(status: int = 400, **fields: str) -> HttpAnswer:
    return HttpAnswer(status, json.dumps({"error": "invalid_grant", **fields}).encode(), 0)


def tokens_from(endpoint: Endpoint, timing: ManualTiming) -> PasswordTokens:
    addresses = Addresses(["http://im/", "http://other"])
    return PasswordTokens(addresses, login="alice@acme", password="secret", timing=timing, post=endpoint.post)


async def test_the_first_token_comes_by_password(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1))

    token = await tokens_from(endpoint, timing).token(rejected="")

    assert (token, endpoint.url) == ("a1", "http://im/oauth/token/")
    assert endpoint.forms == [
        {"grant_type": "password", "username": "alice@acme", "password": "secret", "client_id": "imsite-cli"}
    ]


@pytest.mark.parametrize("failure", [SignInUnavailable("nobody there"), HttpAnswer(503, b"", 0)])
async def test_another_node_is_asked_when_one_cannot_answer(
    timing: ManualTiming, failure: HttpAnswer | SignInUnavailable
) -> None:
    endpoint = Endpoint(failure, issued(1))
    tokens = tokens_from(endpoint, timing)
    with pytest.raises(SignInUnavailable):
        await tokens.token(rejected="")

    token = await tokens.token(rejected="")

    assert (token, endpoint.url) == ("a1", "http://other/oauth/token/")


async def test_a_node_that_refuses_is_believed(timing: ManualTiming) -> None:
    endpoint = Endpoint(refused(), issued(1))
    tokens = tokens_from(endpoint, timing)
    with pytest.raises(SignInRefused):
        await tokens.token(rejected="")

    await tokens.token(rejected="")

    assert endpoint.url == "http://im/oauth/token/"


async def test_a_good_token_is_used_again(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1))
    tokens = tokens_from(endpoint, timing)
    first = await tokens.token(rejected="")

    timing.advance(3600 - 151)

    assert await tokens.token(rejected="") == first


async def test_it_is_refreshed_before_it_expires(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1), issued(2))
    tokens = tokens_from(endpoint, timing)
    await tokens.token(rejected="")

    timing.advance(3600 - 150)

    assert await tokens.token(rejected="") == "a2"
    assert endpoint.forms[1]["refresh_token"] == "r1"


async def test_a_token_the_server_rejects_is_replaced(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1), issued(2))
    tokens = tokens_from(endpoint, timing)

    first = await tokens.token(rejected="")

    assert await tokens.token(rejected=first) == "a2"


async def test_a_refused_refresh_falls_back_to_the_password(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1), refused(), issued(2))
    tokens = tokens_from(endpoint, timing)
    await tokens.token(rejected="")

    assert await tokens.token(rejected="a1") == "a2"
    assert endpoint.grants == ["password", "refresh_token", "password"]


async def test_a_refresh_without_an_answer_is_tried_again_with_the_same_one(timing: ManualTiming) -> None:
    endpoint = Endpoint(issued(1), SignInUnavailable("down"), issued(2))
    tokens = tokens_from(endpoint, timing)
    await tokens.token(rejected="")
    with pytest.raises(SignInUnavailable):
        await tokens.token(rejected="a1")

    assert await tokens.token(rejected="a1") == "a2"
    assert [form.get("refresh_token") for form in endpoint.forms] == [None, "r1", "r1"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(refused(), "invalid_grant"), (refused(401, code="sign_in_failed"), "sign_in_failed")],
)
async def test_a_wrong_password_is_a_refusal(timing: ManualTiming, answer: HttpAnswer, code: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        await tokens_from(Endpoint(answer), timing).token(rejected="")

    assert caught.value.code == code
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("answer", [HttpAnswer(503, b"", 0), HttpAnswer(429, b"{}", 7), HttpAnswer(200, b"[]", 0)])
async def test_a_server_in_trouble_is_worth_another_try(timing: ManualTiming, answer: HttpAnswer) -> None:
    with pytest.raises(SignInUnavailable) as caught:
        await tokens_from(Endpoint(answer), timing).token(rejected="")

    assert caught.value.retry_after_s == answer.retry_after_s


async def test_a_provided_token_that_was_just_rejected_is_a_refusal() -> None:
    async def provide() -> str:
        return "t"

    tokens = ProvidedTokens(provide)

    assert await tokens.token(rejected="") == "t"
    with pytest.raises(SignInRefused):
        await tokens.token(rejected="t")


class Handler(BaseHTTPRequestHandler):
    """Answers with the form it got, and asks for patience."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(429)
        self.send_header("Retry-After", "3")
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path, "form": form}).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def http_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_form_goes_over_http(http_url: str) -> None:
    answer = await post_form(f"{http_url}/oauth/token/", {"username": "张伟@acme"})

    assert (answer.status, answer.retry_after_s) == (429, 3)
    assert json.loads(answer.body) == {"path": "/oauth/token/", "form": {"username": ["张伟@acme"]}}


async def test_nobody_listening_is_worth_another_try(unused_port: int) -> None:
    with pytest.raises(SignInUnavailable):
        await post_form(f"http://127.0.0.1:{unused_port}/", {})


async def test_an_address_that_is_none_is_a_defect() -> None:
    with pytest.raises(ValueError, match="not an HTTP address"):
        await asyncio.wait_for(post_form("ftp://im/", {}), 5)
