"""A fleet without a network: each session's frames land in a list, and the test speaks for the server."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import msgspec

from apps.loadtest.fleet import Fleet
from apps.loadtest.framing import client_frame, masked
from apps.loadtest.plan import WorkerPlan, make_plans
from apps.loadtest.population import Population
from apps.loadtest.scenario import Scenario, Traffic
from apps.loadtest.session import Session
from apps.loadtest.stats import Stats
from tests.loadtest.fake_server import population

PEOPLE = population(8, 2, 4)


class FakeTransport:
    """Keeps what was written; `abort` and `close` end the connection at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.written = bytearray()
        self.reading = True
        self.gone = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self._end()

    def close(self) -> None:
        self._end()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def _end(self) -> None:
        if not self.gone:
            self.gone = True
            self.session.connection_lost(None)

    def frames(self) -> list[tuple[int, bytes]]:
        """Opcodes and payloads of the frames written since the last call, the opening request left out."""
        data, found = bytes(self.written), []
        self.written.clear()
        if data.startswith(b"GET "):
            data = data[data.index(b"\r\n\r\n") + 4 :]
        while data:
            size, head = data[1] & 0x7F, 2
            if size == 126:
                size, head = int.from_bytes(data[2:4], "big"), 4
            payload = masked(data[head + 4 : head + 4 + size], data[head : head + 4])
            found.append((data[0] & 0x0F, payload))
            data = data[head + 4 + size :]
        return found

    def texts(self) -> list[dict[str, Any]]:
        """The text frames written since the last call."""
        return [json.loads(payload) for opcode, payload in self.frames() if opcode == 1]


def server_frame(opcode: int, payload: bytes) -> bytes:
    frame = client_frame(opcode, payload, b"\0\0\0\0")
    head = len(frame) - len(payload) - 4
    return bytes((frame[0], frame[1] & 0x7F)) + frame[2:head] + payload


def say(session: Session, **frame: Any) -> None:
    """The server sends a frame."""
    session.data_received(server_frame(1, json.dumps(frame).encode()))


def plan(people: Population = PEOPLE, *, sessions: int = 8, **fields: Any) -> WorkerPlan:
    traffic = fields.pop("traffic", [Traffic(size=4, conversations=1, rate_per_s=1)])
    scenario = Scenario(title={}, sessions=sessions, traffic=traffic, heartbeat_s=1)
    urls = ["ws://127.0.0.1:1/a", "ws://127.0.0.1:1/b"]
    (made,) = make_plans(scenario, people, workers=1, urls=urls, run=7, spread_sources=False)
    return msgspec.structs.replace(made, **fields)


def fleet(**fields: Any) -> Fleet:
    return Fleet(plan(**fields), Stats())


def upgrade(session: Session) -> FakeTransport:
    """Connect and finish the handshake."""
    transport = FakeTransport(session)
    session.connection_made(cast("Any", transport))
    assert session._expected is not None
    session.data_received(b"HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: " + session._expected + b"\r\n\r\n")
    return transport


def sign_in(session: Session, **welcome: Any) -> FakeTransport:
    """Connect and sign in; what was written till then is forgotten."""
    transport = upgrade(session)
    say(session, op="welcome", time=1, heartbeat_ms=1000, **welcome)
    transport.frames()
    return transport


async def eventually(condition: Callable[[], object]) -> None:
    """Return as soon as it holds; the load test's own timers bring it about."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)
