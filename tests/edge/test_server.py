"""The server as a whole: it listens, ticks, drains and stops; over TLS and on uvloop as well."""

import asyncio
import datetime
import logging
import random
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.edge import EdgeConfig, EdgeServer
from apps.edge.asgi import DETACH, Receive, Scope, Send
from tests.edge.clientframes import client_frame, close
from tests.edge.echo import EchoSink, echo
from tests.edge.peer import Peer, handshake_request, serving


@pytest.fixture(params=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> Any:
    """Both event loops: uvloop is optional."""
    if request.param == "uvloop":
        return pytest.importorskip("uvloop").EventLoopPolicy()
    return asyncio.DefaultEventLoopPolicy()


async def test_many_peers_are_served_at_once() -> None:
    async with serving(echo) as running:
        peers = [await running.connect(path="/plain" if number % 2 else "/") for number in range(40)]
        for number, peer in enumerate(peers):
            peer.say(str(number))
        heard = [await peer.hear() for peer in peers]
        counters = running.server.counters
        counted = (counters.open, counters.accepted, counters.frames_in, counters.frames_out)

    assert heard == [str(number) for number in range(40)]
    assert counted == (40, 40, 40, 40)


def bent(data: bytes, randomness: random.Random) -> bytes:
    """The same bytes but for a few."""
    bytes_ = bytearray(data)
    for _ in range(randomness.randrange(4)):
        bytes_[randomness.randrange(len(bytes_))] = randomness.randrange(256)
    return bytes(bytes_)


async def test_noise_harms_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    randomness = random.Random(4711)
    frames = b"".join(
        [
            client_frame(payload=b"hello"),
            client_frame(9, b"ping"),
            client_frame(2, b"\xff" * 300, final=False),
            client_frame(0, b"end"),
            close(1000),
        ]
    )
    config = EdgeConfig(handshake_timeout_s=0.25, close_timeout_s=0.25, http_shutdown_s=0.25)
    with caplog.at_level(logging.ERROR):
        async with serving(echo, config) as running:
            good = await running.connect(path="/")
            for number in range(150):
                noisy = await running.connect()
                request = bent(handshake_request("/plain" if number % 2 else "/"), randomness)
                noisy.send(request + bent(frames, randomness) + randomness.randbytes(randomness.randrange(50)))
                if number % 3 == 0:
                    noisy.hang_up()
            good.say("still there")
            heard = await good.hear()
            await running.until(lambda counters: counters.connected == 151)

    assert heard == "still there"
    assert running.server.counters.failures == 0
    assert caplog.text == ""


async def test_readers_that_stand_still_take_bounded_memory_and_harm_nobody() -> None:
    sinks: list[EchoSink] = []
    limits = {"high_water_bytes": 10_000, "low_water_bytes": 5_000, "buffer_limit_bytes": 1_000_000}

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        sinks.append(EchoSink())
        sinks[-1].socket = scope["extensions"][DETACH](sinks[-1])

    async with serving(note, EdgeConfig(**limits)) as running:  # type: ignore[arg-type]
        peers = [await running.connect(path="/", limit=2**10) for _ in range(3)]
        sockets, most_bytes = [sink.socket for sink in sinks], 0
        for _ in range(300):
            for socket_ in sockets[1:]:
                socket_.send_text("x" * 50_000)
                most_bytes = max(most_bytes, socket_.buffered_bytes)
            await asyncio.sleep(0)
        await running.until(lambda counters: counters.open == 1)
        peers[0].say("still there")
        heard = await peers[0].hear()

        addresses = [socket_.peer for socket_ in sockets]

    assert most_bytes < 1_000_000 + 100_000
    assert addresses[0] == "127.0.0.1"
    assert all(isinstance(address, str) for address in addresses), "asking is allowed when the peer is gone"
    assert running.server.counters.slow_dropped == 2
    assert heard == "still there"


async def test_serve_returns_once_the_server_has_stopped() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    server = EdgeServer(echo)
    serving_ = asyncio.create_task(server.serve([listener]))
    await asyncio.sleep(0)

    await server.stop()
    await serving_

    assert listener.fileno() == -1


async def test_time_passes_by_itself() -> None:
    async with serving(echo, EdgeConfig(ping_interval_s=0.25)) as running:
        peer = await running.connect(path="/")

        first, payload = await peer.frame()

    assert (first, payload) == (0x89, b"")


async def test_a_draining_server_closes_its_sockets_over_time_and_takes_no_more() -> None:
    async with serving(echo) as running:
        late = await running.connect()
        peers = [await running.connect(path="/") for _ in range(6)]
        running.server.drain(0.75)
        late.send(handshake_request())
        refused = await late.rest()
        codes = [await peer.close_code() for peer in peers]
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            await running.connect()

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert codes == [1012] * 6


async def test_draining_goes_evenly() -> None:
    async with serving(echo) as running:
        for _ in range(5):
            await running.connect(path="/")
        server = running.server
        server._timer.cancel()  # type: ignore[union-attr]  # the test ticks itself
        server.drain(0.75)
        left = []
        for _ in range(4):
            server._close_next()
            left.append(len(server._leaving))

    assert left == [3, 1, 0, 0]


async def test_stopping_ends_every_kind_of_connection() -> None:
    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/deaf":
            await asyncio.Event().wait()
        await echo(scope, receive, send)

    async with serving(deaf, EdgeConfig(close_timeout_s=0.2, http_shutdown_s=0.1)) as running:
        fresh, undecided = await running.connect(), await running.connect()
        undecided.send(handshake_request("/deaf"))
        open_peers = [await running.connect(path=path) for path in ("/", "/plain")]
        await running.until(lambda counters: counters.open == 4)
        stopping = asyncio.create_task(running.server.stop())
        refusals = [(await peer.rest())[:12] for peer in (fresh, undecided)]
        codes = [await peer.close_code() for peer in open_peers]
        open_peers[0].send(close(1012))
        await stopping

    assert refusals == [b"HTTP/1.1 503"] * 2
    assert codes == [1012, 1012]


async def test_an_application_that_does_not_end_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def stubborn(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serving(stubborn, EdgeConfig(close_timeout_s=0.05, http_shutdown_s=0.05)) as running:
        await running.connect(path="/")
        await running.server.stop()

    assert cancelled.is_set()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "tls.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("path", ["/", "/plain"])
async def test_tls_is_spoken_where_a_context_is_given(certificate: Path, path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    client_context = ssl.create_default_context(cafile=str(certificate))

    async with serving(echo, EdgeConfig(tls=context)) as running:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", running.port, ssl=client_context, server_hostname="localhost"
        )
        peer = Peer(reader, writer)
        await peer.open(path)
        peer.send(client_frame(payload=b"x" * 100_000))
        heard = await peer.hear()
        peer.send(client_frame(payload=b"unmasked", key=None))
        code = await peer.close_code()
        rest = await peer.rest()
        peer.hang_up()

    assert (heard, code, rest) == ("x" * 100_000, 1002, b"")


def test_nothing_of_the_server_needs_django() -> None:
    program = (
        "import sys, apps.edge; print(sorted(m for m in sys.modules if m.split('.')[0] in {'django', 'channels'}))"
    )

    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert output.strip() == "[]"
