"""One lean session: handshake, frames, ends."""

from typing import Any

import pytest

from apps.loadtest.session import CLOSED, OPEN, SIGNING_IN, UPGRADING, Session
from tests.loadtest.wires import FakeTransport, server_frame, upgrade


class Owner:
    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.reasons: list[str] = []
        self.upgrades = 0

    def mask_key(self) -> bytes:
        return b"abcd"

    def request(self, session: Session) -> tuple[bytes, bytes]:
        return b"GET / HTTP/1.1\r\n\r\n", b"accept"

    def upgraded(self, session: Session) -> None:
        self.upgrades += 1

    def received(self, session: Session, payload: bytes) -> None:
        self.messages.append(payload)

    def ended(self, session: Session, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def session(owner: Owner) -> Session:
    return Session(owner, 0, 0)


def test_it_asks_for_the_upgrade_and_waits_for_the_whole_answer(session: Session, owner: Owner) -> None:
    transport = FakeTransport(session)
    transport_any: Any = transport
    session.connection_made(transport_any)
    phases = [session.phase]

    session.data_received(b"HTTP/1.1 101 OK\r\nSec-WebSocket-")
    phases.append(session.phase)
    session.data_received(b"Accept: accept\r\n\r\n" + server_frame(1, b"first"))
    phases.append(session.phase)

    assert transport.written.startswith(b"GET / ")
    assert phases == [UPGRADING, UPGRADING, SIGNING_IN]
    assert (owner.upgrades, owner.messages) == (1, [b"first"])


def test_a_refused_upgrade_breaks_the_connection(session: Session, owner: Owner) -> None:
    transport: Any = FakeTransport(session)
    session.connection_made(transport)

    session.data_received(b"HTTP/1.1 429 Slow\r\n\r\n")

    assert owner.reasons == ["http_429"]
    assert session.phase == CLOSED


def test_messages_are_handed_on_whole_however_they_are_cut(session: Session, owner: Owner) -> None:
    upgrade(session)
    stream = server_frame(1, b"one") + server_frame(1, b"x" * 300)

    for place in range(len(stream)):
        session.data_received(stream[place : place + 1])

    assert owner.messages == [b"one", b"x" * 300]


def test_what_is_sent_is_masked(session: Session) -> None:
    transport = upgrade(session)

    session.send(b"hello")

    assert b"hello" not in transport.written
    assert transport.frames() == [(1, b"hello")]


def test_a_ping_is_answered(session: Session) -> None:
    transport = upgrade(session)

    session.data_received(server_frame(9, b"are you there"))
    session.data_received(server_frame(10, b"pong is ignored"))

    assert transport.frames() == [(10, b"are you there")]


def test_a_close_frame_is_answered_and_its_code_told(session: Session, owner: Owner) -> None:
    transport = upgrade(session)

    session.data_received(server_frame(8, b"\x03\xf4restart"))

    assert transport.frames() == [(8, b"\x03\xf4")]
    assert owner.reasons == ["1012"]


def test_a_connection_that_breaks_is_told_as_1006(session: Session, owner: Owner) -> None:
    upgrade(session)
    session.phase = OPEN

    session.connection_lost(None)

    assert owner.reasons == ["1006"]
    assert session.phase == CLOSED


def test_a_broken_frame_ends_it(session: Session, owner: Owner) -> None:
    upgrade(session)

    session.data_received(b"\x01\x00")

    assert owner.reasons == ["fragmented"]


def test_the_first_reason_counts(session: Session, owner: Owner) -> None:
    upgrade(session)

    session.abort("dropped")
    session.abort("silent")

    assert owner.reasons == ["dropped"]


def test_closing_is_polite(session: Session) -> None:
    transport = upgrade(session)

    session.close()

    assert transport.frames() == [(8, b"\x03\xe8")]


def test_reading_stops_and_goes_on(session: Session) -> None:
    transport = upgrade(session)

    session.stop_reading()
    stopped = transport.reading
    session.go_on_reading()

    assert (stopped, transport.reading) == (False, True)


def test_without_a_connection_nothing_happens(session: Session, owner: Owner) -> None:
    session.send(b"x")
    session.close()
    session.abort("x")
    session.stop_reading()
    session.go_on_reading()
    session._control(9, b"")

    assert owner.reasons == []
