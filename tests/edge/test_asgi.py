"""ASGI as an application sees it: connect, receive, send, deny, detach; and what happens when it fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from apps.edge import EdgeConfig, PeerGone
from apps.edge.asgi import DETACH, Receive, Scope, Send
from tests.edge.clientframes import client_frame, close
from tests.edge.doubles import FailingSink, RememberingSink
from tests.edge.echo import echo
from tests.edge.peer import handshake_request, serving

ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close"}
Body = Callable[[Scope, Receive, Send], Awaitable[Any]]


class Told:
    """An application with this body; what the body returns or raises is waited for by `outcome`."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            result = await self.body(scope, receive, send)
        except BaseException as error:
            self.outcome.set_exception(error)
            self.outcome.exception()
            raise
        self.outcome.set_result(result)


@pytest.mark.parametrize("path", ["/plain", "/detached"])
async def test_text_and_binary_come_back(path: str) -> None:
    async with serving(echo) as running:
        peer = await running.connect(path=path)

        peer.say("你好")
        peer.send(client_frame(2, b"\xff\x00" * 40_000))
        answers = [await peer.hear(), await peer.hear()]
        peer.send(close(4000))
        code = await peer.close_code()
        rest = await peer.rest()

    assert answers == ["你好", b"\xff\x00" * 40_000]
    assert (code, rest) == (4000, b"")


async def test_the_scope_tells_of_the_request() -> None:
    async def body(scope: Scope, receive: Receive, send: Send) -> Scope:
        assert await receive() == {"type": "websocket.connect"}
        await send({**ACCEPT, "subprotocol": "chat", "headers": [(b"x-node", b"7")]})
        return scope

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect()
        head = await peer.open("/a%20b?c=d", "Sec-WebSocket-Protocol: talk, chat", "X-Test: yes")
        scope = await app.outcome

    assert (scope["type"], scope["scheme"], scope["path"], scope["query_string"]) == ("websocket", "ws", "/a b", b"c=d")
    assert (scope["subprotocols"], scope["client"][0]) == (["talk", "chat"], "127.0.0.1")
    assert scope["server"] == ("127.0.0.1", running.port)
    assert (b"x-test", b"yes") in scope["headers"]
    assert b"Sec-WebSocket-Protocol: chat\r\n" in head
    assert b"x-node: 7\r\n" in head


async def test_messages_sent_with_the_handshake_are_not_lost() -> None:
    async with serving(echo) as running:
        for path in ("/plain", "/detached"):
            peer = await running.connect()
            peer.send(handshake_request(path) + client_frame(payload=b"early") + client_frame(payload=b"bird"))

            await peer.head()

            assert [await peer.hear(), await peer.hear()] == ["early", "bird"]


async def test_a_disconnect_has_the_peers_code() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> list[Any]:
        await receive()
        await send(ACCEPT)
        seen = [await receive(), await receive(), await receive()]
        with pytest.raises(PeerGone):
            await send({"type": "websocket.send", "text": "too late"})
        return seen

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(path="/")
        peer.send(client_frame(payload=b"last") + close(4000, b"bye"))
        seen = await app.outcome

    assert seen[0] == {"type": "websocket.receive", "text": "last"}
    assert [message["code"] for message in seen[1:]] == [4000, 4000]


async def test_the_application_closes_with_its_code() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> Any:
        await receive()
        await send(ACCEPT)
        await send({**CLOSE, "code": 4401, "reason": "revoked"})
        return await receive()

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(path="/")
        frame = await peer.frame()
        peer.send(close(4401))
        disconnect = await app.outcome

    assert frame == (0x88, b"\x11\x31revoked")
    assert disconnect["code"] == 4401


@pytest.mark.parametrize("raises", [False, True])
async def test_an_application_that_ends_closes_its_socket(raises: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        if raises:
            raise LookupError("broken")

    app = Told(body)
    with caplog.at_level(logging.ERROR):
        async with serving(app) as running:
            peer = await running.connect(path="/")
            code = await peer.close_code()

    assert code == (1011 if raises else 1000)
    assert ("LookupError" in caplog.text) is raises


@pytest.mark.parametrize("raises", [False, True])
async def test_an_application_that_does_not_answer_is_a_500(raises: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def body(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        if raises:
            raise LookupError("broken")

    async with serving(Told(body)) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        head = await peer.head()

    assert head.startswith(b"HTTP/1.1 500 ")
    assert ("LookupError" in caplog.text) is raises


async def test_a_refusal_is_a_403() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(CLOSE)

    async with serving(Told(body)) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        answer = await peer.rest()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert running.server.counters.refused == {"403": 1}


async def test_a_denial_may_have_a_body() -> None:
    async def body(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert "websocket.http.response" in scope["extensions"]
        start = {"type": "websocket.http.response.start", "status": 402, "headers": [(b"x", b"y")]}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": b"pay", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b" first"})

    async with serving(Told(body)) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        answer = await peer.rest()

    assert answer.startswith(b"HTTP/1.1 402 Payment Required\r\nx: y\r\n")
    assert answer.endswith(b"\r\n\r\npay first")


async def test_a_denial_waits_for_a_slow_peer() -> None:
    chunk = b"x" * 2**20

    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 403})
        for _ in range(8):
            await send({"type": "websocket.http.response.body", "body": chunk, "more_body": True})
        await send({"type": "websocket.http.response.body"})

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(limit=2**10)
        peer.send(handshake_request())
        await peer.head()
        waited = not app.outcome.done()
        rest = await peer.rest()

    assert waited
    assert len(rest) == 8 * 2**20


async def test_a_denial_that_ends_half_way_hangs_up() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 403})

    async with serving(Told(body)) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        answer = await peer.rest()

    assert answer == b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([{"type": "websocket.send", "text": "x"}], RuntimeError),
        ([ACCEPT, ACCEPT], RuntimeError),
        ([{"type": "nonsense"}], RuntimeError),
        ([{**ACCEPT, "subprotocol": "unasked"}], ValueError),
        ([{**ACCEPT, "headers": [(b"upgrade", b"x")]}], ValueError),
        ([ACCEPT, {**CLOSE, "code": 1006}], ValueError),
        ([CLOSE, ACCEPT], PeerGone),
        ([ACCEPT, CLOSE, {"type": "websocket.send", "text": "x"}], PeerGone),
    ],
)
async def test_what_is_sent_out_of_turn_is_an_error(messages: list[Any], error: type[Exception]) -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        with pytest.raises(error):
            await app.outcome


async def test_a_peer_that_leaves_before_it_is_accepted_is_a_disconnect() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> Any:
        await receive()
        message = await receive()
        with pytest.raises(PeerGone):
            await send(ACCEPT)
        return message

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect()
        peer.send(handshake_request())
        await running.until(lambda counters: counters.bytes_in == 0 and counters.handshaking)
        peer.hang_up()
        message = await app.outcome

    assert message == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


async def test_send_waits_for_a_slow_peer_and_nothing_is_lost() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for number in range(100):
            await send({"type": "websocket.send", "bytes": bytes([number]) * 100_000})

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(limit=2**10)
        await peer.open()
        await running.until(lambda counters: counters.bytes_out > 1_000_000)
        waited = not app.outcome.done()
        messages = [await peer.hear() for _ in range(100)]

    assert waited
    assert [message[0] for message in messages] == list(range(100))


async def test_a_send_that_waits_ends_with_its_peer() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        while True:
            await send({"type": "websocket.send", "bytes": bytes(100_000)})

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(limit=2**10)
        await peer.open()
        await running.until(lambda counters: counters.bytes_out > 1_000_000)
        peer.hang_up()
        with pytest.raises(PeerGone):
            await app.outcome


async def test_a_full_queue_stops_the_peer_until_it_is_half_empty() -> None:
    go = asyncio.Event()

    async def body(_scope: Scope, receive: Receive, send: Send) -> list[Any]:
        await receive()
        await send(ACCEPT)
        await go.wait()
        return [(await receive())["text"] for _ in range(40)]

    app = Told(body)
    async with serving(app, EdgeConfig(receive_queue_messages=4)) as running:
        peer = await running.connect(path="/")
        peer.send(b"".join(client_frame(payload=b"%d" % number) for number in range(40)))
        await running.until(lambda counters: counters.frames_in)
        queued = running.server.counters.frames_in
        go.set()
        texts = await app.outcome

    assert queued == 4
    assert texts == [str(number) for number in range(40)]


# Detaching.


async def test_a_detached_socket_needs_no_application() -> None:
    sink = RememberingSink()

    async def body(scope: Scope, receive: Receive, send: Send) -> Any:
        await receive()
        await send(ACCEPT)
        return scope["extensions"][DETACH](sink)

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(path="/")
        socket = await app.outcome
        await asyncio.sleep(0)
        tasks = len(running.server._shared.tasks)
        socket.send_text("hello")
        heard = await peer.hear()
        peer.send(client_frame(payload=b"one") + close(4000))
        await running.until(lambda counters: not counters.open)

    assert (tasks, heard, socket.peer) == (0, "hello", "127.0.0.1")
    assert (sink.messages, sink.closed_codes) == (["one"], [4000])


@pytest.mark.parametrize(("make", "messages"), [(RememberingSink, ["one", b"two"]), (FailingSink, ["one"])])
async def test_what_came_before_detaching_reaches_the_sink_in_order(
    make: type[RememberingSink], messages: list[str | bytes]
) -> None:
    sink = make()

    async def body(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await running.until(lambda counters: counters.frames_in >= 3)
        scope["extensions"][DETACH](sink)
        assert sink.messages == [], "the application has not got its socket yet"

    app = Told(body)
    async with serving(app) as running:
        peer = await running.connect(path="/")
        peer.send(client_frame(payload=b"one") + client_frame(2, b"two") + close(4000))
        await app.outcome
        await running.until(lambda counters: not counters.open)

    assert (sink.messages, sink.closed_codes) == (messages, [4000])


async def test_what_comes_while_detaching_keeps_its_place() -> None:
    sink = RememberingSink()

    async def body(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await running.until(lambda counters: counters.frames_in >= 2)
        scope["extensions"][DETACH](sink)

    app = Told(body)
    async with serving(app, EdgeConfig(receive_queue_messages=2)) as running:
        peer = await running.connect(path="/")
        peer.send(b"".join(client_frame(payload=b"%d" % number) for number in range(9)))
        await running.until(lambda counters: counters.frames_in == 9)

    assert sink.messages == [str(number) for number in range(9)]


async def test_messages_before_a_close_may_still_be_answered() -> None:
    async with serving(echo) as running:
        peer = await running.connect(path="/plain")
        peer.send(client_frame(payload=b"one") + client_frame(payload=b"two") + close(4000))

        heard = [await peer.hear(), await peer.hear(), await peer.close_code()]

    assert heard == ["one", "two", 4000]


async def test_what_comes_behind_a_close_changes_nothing() -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> list[Any]:
        await receive()
        await send(ACCEPT)
        await running.until(lambda counters: counters.frames_in == 5)
        received = [await receive() for _ in range(3)]
        await send({"type": "websocket.send", "text": "answer"})
        return [*received, await receive()]

    app = Told(body)
    async with serving(app, EdgeConfig(receive_queue_messages=4)) as running:
        peer = await running.connect(path="/")
        peer.send(client_frame(payload=b"x") * 3 + client_frame(9) + close(4000) + close(4001) + b"noise")
        heard = [await peer.frame(), await peer.hear(), await peer.close_code(), await peer.rest()]
        received = await app.outcome

    assert heard == [(0x8A, b""), "answer", 4000, b""]
    assert received[-1]["code"] == 4000


@pytest.mark.parametrize("closes", [False, True])
async def test_an_application_that_does_not_look_at_a_close_does_not_hold_it_up_for_ever(closes: bool) -> None:
    async def body(_scope: Scope, receive: Receive, send: Send) -> Any:
        await receive()
        await send(ACCEPT)
        await running.until(lambda counters: counters.frames_in >= 2)
        if closes:
            await send({**CLOSE, "code": 4401})
        await running.until(lambda counters: not counters.open)
        return [await receive(), await receive()]

    app = Told(body)
    async with serving(app, EdgeConfig(close_timeout_s=0.25)) as running:
        peer = await running.connect(path="/")
        peer.send(client_frame(payload=b"one") + close(4000))
        code = await peer.close_code()
        received = await app.outcome

    assert code == (4401 if closes else 1000)
    assert received[0] == {"type": "websocket.receive", "text": "one"}
    assert received[1]["code"] == 4000


async def test_a_socket_is_detached_once_and_only_while_it_is_open() -> None:
    async def body(scope: Scope, receive: Receive, send: Send) -> None:
        detach = scope["extensions"][DETACH]
        with pytest.raises(RuntimeError):
            detach(RememberingSink())
        await receive()
        await send(ACCEPT)
        detach(RememberingSink())
        with pytest.raises(RuntimeError):
            detach(RememberingSink())
        with pytest.raises(RuntimeError):
            await send({"type": "websocket.send", "text": "x"})

    app = Told(body)
    async with serving(app) as running:
        await running.connect(path="/")

        await app.outcome


async def test_an_application_that_fails_after_detaching_loses_its_socket() -> None:
    async def body(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        scope["extensions"][DETACH](RememberingSink())
        raise LookupError("broken")

    async with serving(Told(body)) as running:
        peer = await running.connect(path="/")

        assert await peer.close_code() == 1011
