"""Plain HTTP on the same port: same application, same bounds, and a way back to WebSocket."""

import asyncio
import importlib.util
from typing import Any

import pytest

from apps.edge import EdgeConfig
from apps.edge.asgi import Receive, Scope, Send
from apps.edge.http import DATE_TICKS, HttpProtocols, with_sources
from apps.edge.shared import Shared
from tests.edge.echo import echo
from tests.edge.peer import Peer, handshake_request, serving


def request(path: str = "/", *headers: str, body: bytes = b"", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def answer(peer: Peer) -> tuple[bytes, bytes]:
    """Head and body of the next answer."""
    head = await peer.head()
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head, await peer.reader.readexactly(size)


async def count_body(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(params=["httptools", "h11"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of uvicorn's protocols; the second is for systems without httptools."""
    if request.param == "h11":
        find_spec = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "httptools" else find_spec(name, *rest)
        )


async def test_requests_and_sockets_share_a_port(parser: None) -> None:
    async with serving(echo) as running:
        page, socket = await running.connect(), await running.connect(path="/")
        page.send(request("/one") + request("/two"))
        bodies = [(await answer(page))[1], (await answer(page))[1]]
        socket.say("hello")
        heard = await socket.hear()

    assert bodies == [b"http 127.0.0.1 /one", b"http 127.0.0.1 /two"]
    assert heard == "hello"
    assert running.server.counters.http == 1


async def test_a_body_that_comes_in_pieces_is_whole(parser: None) -> None:
    async with serving(count_body) as running:
        peer = await running.connect()
        data = request(body=b"x" * 300_000, method="POST")
        for start in range(0, len(data), 50_000):
            peer.send(data[start : start + 50_000])
            await peer.writer.drain()

        head, body = await answer(peer)

    assert body == b"300000"
    assert b"\r\ndate: " in head


async def test_a_socket_may_be_opened_behind_requests(parser: None) -> None:
    async with serving(echo) as running:
        peer = await running.connect()
        peer.send(request())
        await answer(peer)
        await peer.open("/", "X-Forwarded-For: 203.0.113.7")
        peer.say("hello")
        heard = await peer.hear()
        counted = running.server.counters.open

    assert (heard, counted) == ("hello", 1)


async def test_only_a_trusted_proxy_names_the_client() -> None:
    headers = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https")
    bodies = []
    for trusted in ((), ("127.0.0.0/8",)):
        async with serving(echo, EdgeConfig(trusted_proxies=trusted)) as running:
            peer = await running.connect()
            peer.send(request("/", *headers))
            bodies.append((await answer(peer))[1])

    assert bodies == [b"http 127.0.0.1 /", b"https 203.0.113.7 /"]


async def test_the_bound_on_connections_holds_for_http() -> None:
    async with serving(echo, EdgeConfig(max_connections_per_address=1)) as running:
        first, second = await running.connect(), await running.connect()
        first.send(request())
        await answer(first)
        second.send(request())
        refused = await second.rest()
        first.hang_up()
        await running.until(lambda counters: counters.open <= 1)
        third = await running.connect()
        third.send(request())
        head, _ = await answer(third)

    assert refused.startswith(b"HTTP/1.1 429 ")
    assert head.startswith(b"HTTP/1.1 200 ")


async def test_a_server_of_sockets_alone_answers_426() -> None:
    async with serving(echo, EdgeConfig(serve_http=False)) as running:
        peer = await running.connect()
        peer.send(request())
        answered = await peer.rest()

    assert answered.startswith(b"HTTP/1.1 426 ")
    assert b"upgrade: websocket\r\n" in answered


async def test_the_rest_of_a_head_is_not_waited_for_without_end(parser: None) -> None:
    async with serving(echo, EdgeConfig(handshake_timeout_s=0.25)) as running:
        slow, idle = await running.connect(), await running.connect()
        for peer in (slow, idle):
            peer.send(request())
            await answer(peer)
        slow.send(b"GET / HTTP/1.1\r\nHost:")
        rest = await slow.rest()
        idle.send(request("/again"))
        _, body = await answer(idle)

    assert rest == b""
    assert body == b"http 127.0.0.1 /again"
    assert running.server.counters.timeouts == {"handshake": 1}


async def test_a_slow_answer_is_waited_for(parser: None) -> None:
    go = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await echo(scope, receive, send)

    async with serving(slow, EdgeConfig(handshake_timeout_s=0.25)) as running:
        peer = await running.connect()
        peer.send(request())
        await running.until(lambda counters: counters.http)
        for _ in range(5):
            running.server._shared.wheel.advance()
        go.set()
        _, body = await answer(peer)

    assert body == b"http 127.0.0.1 /"


async def test_a_stopping_server_finishes_its_answers() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go.wait()
        await echo(scope, receive, send)

    async with serving(slow) as running:
        peer = await running.connect()
        peer.send(request())
        await begun.wait()
        stopping = asyncio.create_task(running.server.stop())
        await asyncio.sleep(0)
        go.set()
        _, body = await answer(peer)
        await stopping

    assert body == b"http 127.0.0.1 /"


async def test_answers_that_take_too_long_are_cut() -> None:
    begun = asyncio.Event()

    async def endless(_scope: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with serving(endless, EdgeConfig(http_shutdown_s=0.01, close_timeout_s=0.01)) as running:
        peer = await running.connect()
        peer.send(request())
        await begun.wait()
        await running.server.stop()
        rest = await peer.rest()

    assert b"200" not in rest


def test_the_date_is_renewed_every_second() -> None:
    async def run() -> list[Any]:
        protocols = HttpProtocols(echo, Shared(EdgeConfig()))
        protocols._state.default_headers = []
        seen = []
        for now_tick in (1, DATE_TICKS):
            protocols.tick(now_tick)
            seen.append([name for name, _ in protocols._state.default_headers])
        return seen

    assert asyncio.run(run()) == [[], [b"date"]]


async def test_a_scope_without_a_client_is_left_alone() -> None:
    seen: list[Scope] = []

    async def note(scope: Scope, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    await with_sources(note, Shared(EdgeConfig()).proxies)({"type": "http", "client": None}, None, None)  # type: ignore[arg-type]

    assert seen == [{"type": "http", "client": None}]


async def test_the_handshake_of_a_kept_connection_is_judged_as_any(parser: None) -> None:
    async with serving(echo) as running:
        peer = await running.connect()
        peer.send(request())
        await answer(peer)
        peer.send(handshake_request().replace(b"13", b"7"))
        rest = await peer.rest()

    assert rest.startswith(b"HTTP/1.1 426 ")
