"""What happens before a connection is open: every refusal, every timeout, every bound; and the way on."""

import asyncio
import ssl
from typing import Any

import pytest

from apps.edge import EdgeConfig, HeadLimits
from apps.edge.asgi import Receive, Scope, Send
from apps.edge.handshake import MAX_EARLY_BYTES, MAX_REFUSALS, Handshake
from apps.edge.protocol.request import Refused
from apps.edge.shared import Shared
from apps.edge.wheel import TICK_S
from tests.edge.clientframes import client_frame
from tests.edge.doubles import NotingTransport
from tests.edge.echo import echo
from tests.edge.peer import KEY, handshake_request, serving


async def deaf(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that never answers."""
    await asyncio.Event().wait()


def begin(application: Any = echo, *, can_half_close: bool = True, **config: Any) -> tuple[Handshake, NotingTransport]:
    """A fresh connection on a transport that only notes."""
    handshake = Handshake(application, Shared(EdgeConfig(**config)), None)
    transport = NotingTransport(can_half_close=can_half_close)
    transport.protocol = handshake
    handshake.connection_made(transport)
    return handshake, transport


def wait(handshake: Handshake, seconds: float) -> None:
    for _ in range(int(seconds / TICK_S)):
        handshake._shared.wheel.advance()


def status(transport: NotingTransport) -> int:
    return int(transport.written.split(b" ", 2)[1]) if transport.written else 0


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST " + handshake_request()[4:], 405),
        (handshake_request().replace(b"13", b"12"), 426),
        (handshake_request().replace(KEY.encode(), b"short"), 400),
        (handshake_request("/", "Content-Length: 5"), 413),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 2000, 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 426),
    ],
)
def test_a_wrong_request_is_answered_with_its_status(request_: bytes, expected: int) -> None:
    handshake, transport = begin(head=HeadLimits(max_head_bytes=2_000))

    handshake.data_received(request_)
    handshake.data_received(b"unheard")

    assert status(transport) == expected
    assert transport.events == ["eof"]
    assert handshake._shared.counters.refused == {str(expected): 1}


async def test_the_head_may_come_byte_by_byte() -> None:
    async with serving(echo) as running:
        peer = await running.connect()
        for byte in handshake_request():
            peer.send(bytes([byte]))
            await peer.writer.drain()

        head = await peer.head()

    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head


async def test_pages_of_other_origins_are_refused_where_origins_are_listed() -> None:
    config = EdgeConfig(allowed_origins=frozenset({"https://chat.example.com"}))
    async with serving(echo, config) as running:
        program, page, foreign = [await running.connect() for _ in range(3)]
        program.send(handshake_request())
        page.send(handshake_request("/", "Origin: https://chat.example.com"))
        foreign.send(handshake_request("/", "Origin: https://evil.example.com"))
        answers = [(await peer.head()).split(b" ")[1] for peer in (program, page, foreign)]

    assert answers == [b"101", b"101", b"403"]


# Timeouts.


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n"])
def test_a_slow_request_is_answered_with_408(sent: bytes) -> None:
    handshake, transport = begin(handshake_timeout_s=10)

    handshake.data_received(sent)
    wait(handshake, 9.75)
    before = status(transport)
    wait(handshake, 0.25)

    assert (before, status(transport)) == (0, 408)
    assert handshake._shared.counters.timeouts == {"handshake": 1}


async def test_a_slow_application_is_cancelled_and_answered_for_with_503() -> None:
    cancelled = asyncio.Event()

    async def slow(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    handshake, transport = begin(slow, handshake_timeout_s=10)
    handshake.data_received(handshake_request())
    await asyncio.sleep(0)

    wait(handshake, 10)
    await cancelled.wait()

    assert status(transport) == 503


def test_a_peer_that_does_not_hang_up_after_its_refusal_is_cut_off() -> None:
    handshake, transport = begin(close_timeout_s=5)
    handshake.data_received(b"nonsense\r\n\r\n")

    wait(handshake, 5)

    assert transport.events == ["eof", "abort"]


def test_without_a_timeout_a_slow_request_is_waited_for() -> None:
    handshake, transport = begin(handshake_timeout_s=0)

    wait(handshake, 500)
    handshake.data_received(b"nonsense\r\n\r\n")

    assert status(transport) == 400


def test_with_tls_a_refusal_closes_at_once() -> None:
    handshake, transport = begin(can_half_close=False)

    handshake.data_received(b"nonsense\r\n\r\n")
    handshake.hang_up()

    assert transport.events == ["close"]


# Bounds.


def test_too_many_handshakes_at_once_are_cut_without_an_answer() -> None:
    first, _ = begin(max_handshakes=1)
    second = Handshake(echo, first._shared, None)
    transport = NotingTransport()

    second.connection_made(transport)
    second.data_received(handshake_request())
    second.connection_lost(None)

    assert (transport.written, transport.events) == (b"", ["abort"])
    assert first._shared.counters.refused == {"flood": 1}
    assert (first._shared.counters.handshaking, first._shared.counters.open) == (1, 1)


def test_far_more_connections_than_may_be_open_are_cut_without_an_answer() -> None:
    first, _ = begin(max_connections=1)
    transports = [NotingTransport() for _ in range(MAX_REFUSALS + 1)]

    for transport in transports:
        handshake = Handshake(echo, first._shared, None)
        handshake.connection_made(transport)
        handshake.data_received(handshake_request())

    assert {status(transport) for transport in transports[:-1]} == {503}
    assert (transports[-1].written, transports[-1].events) == (b"", ["abort"])


async def test_a_full_server_answers_503_and_takes_the_next_when_one_has_left() -> None:
    async with serving(echo, EdgeConfig(max_connections=2)) as running:
        first = await running.connect(path="/")
        await running.connect(path="/")
        third = await running.connect()
        third.send(handshake_request())
        refused = await third.rest()
        first.hang_up()
        third.hang_up()
        await running.until(lambda counters: counters.open == 1)
        fourth = await running.connect(path="/")
        fourth.say("hello")
        heard = await fourth.hear()

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5\r\n" in refused
    assert heard == "hello"


async def test_clients_behind_a_trusted_proxy_count_for_themselves() -> None:
    config = EdgeConfig(max_connections_per_address=1, trusted_proxies=("127.0.0.0/8",))
    async with serving(echo, config) as running:
        answers = []
        for client in ("203.0.113.7", "203.0.113.8", "203.0.113.7"):
            peer = await running.connect()
            peer.send(handshake_request("/", f"X-Forwarded-For: {client}"))
            answers.append((await peer.head()).split(b" ")[1])

    assert answers == [b"101", b"101", b"429"]


async def test_an_address_that_connects_too_often_is_told_so() -> None:
    async with serving(echo, EdgeConfig(connects_per_address=1, connects_window_s=3600)) as running:
        await running.connect(path="/")
        peer = await running.connect()
        peer.send(handshake_request())

        assert (await peer.head()).startswith(b"HTTP/1.1 429 ")


async def test_a_peer_that_talks_before_it_is_accepted_is_not_read_for_ever() -> None:
    handshake, transport = begin(deaf)
    handshake.data_received(handshake_request())

    handshake.data_received(b"x" * MAX_EARLY_BYTES)
    before = transport.is_reading_now
    handshake.data_received(b"x")
    paused = not transport.is_reading_now
    handshake.refuse(Refused(403, "no"))

    assert (before, paused, transport.is_reading_now) == (True, True, True)


async def test_a_peer_that_was_not_read_for_a_while_is_read_once_accepted() -> None:
    go = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await echo(scope, receive, send)

    big = "x" * (2 * MAX_EARLY_BYTES)
    async with serving(slow) as running:
        peer = await running.connect()
        peer.send(handshake_request() + client_frame(payload=big.encode()) * 3)
        await running.until(lambda counters: counters.handshaking)
        go.set()
        await peer.head()
        heard = [await peer.hear() for _ in range(3)]

    assert heard == [big] * 3


# The ends.


async def test_a_handshake_that_is_given_up_ends_whatever_it_waits_for() -> None:
    reading, reading_transport = begin()
    deciding, deciding_transport = begin(deaf)
    ending, ending_transport = begin()
    deciding.data_received(handshake_request())
    ending.data_received(b"nonsense\r\n\r\n")
    await asyncio.sleep(0)

    for handshake in (reading, deciding, ending):
        handshake.give_up()
    await asyncio.wait(deciding._shared.tasks)

    assert (status(reading_transport), status(deciding_transport)) == (503, 503)
    assert ending_transport.events == ["eof", "abort"]


def test_a_lost_handshake_has_no_part_in_anything() -> None:
    handshake, transport = begin()

    assert not handshake.eof_received()  # type: ignore[func-returns-value]  # asyncio's default: close
    transport.lose()
    handshake.due()
    handshake.abort()
    handshake.hang_up()

    assert (transport.written, transport.events) == (b"", [])
    assert list(handshake._shared.wheel) == []
    assert handshake._shared.counters.open == 0
    assert (handshake.accept_key, handshake.subprotocols) == (b"", [])


def test_an_answer_to_a_peer_that_is_gone_is_not_written() -> None:
    handshake, transport = begin()
    transport.abort()

    handshake.data_received(b"nonsense\r\n\r\n")

    assert transport.written == b""
    assert transport.events == ["abort"]


def test_the_way_is_clear_for_tls() -> None:
    class Tls(NotingTransport):
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return ssl.create_default_context() if name == "sslcontext" else super().get_extra_info(name, default)

    seen: list[Scope] = []

    async def note(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    async def run() -> None:
        handshake = Handshake(note, Shared(EdgeConfig()), None)
        handshake.connection_made(Tls())
        handshake.data_received(handshake_request())
        await asyncio.wait(handshake._shared.tasks)

    asyncio.run(run())

    assert seen[0]["scheme"] == "wss"


@pytest.mark.parametrize(("name", "server"), [("/run/im.sock", ("/run/im.sock", None)), (None, None)])
async def test_a_connection_needs_no_address(name: str | None, server: object) -> None:
    class Nameless(NotingTransport):
        def get_extra_info(self, extra: str, default: Any = None) -> Any:
            return {"sockname": name, "peername": ""}.get(extra, default)

    seen: list[Scope] = []

    async def note(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    handshake = Handshake(note, Shared(EdgeConfig(trusted_proxies=("127.0.0.0/8",))), None)
    handshake.connection_made(Nameless())
    handshake.data_received(handshake_request())
    await asyncio.wait(handshake._shared.tasks)

    assert (seen[0]["client"], seen[0]["server"]) == (("", 0), server)
