"""Every closing code of the protocol passes through daphne; everything else is daphne's."""

from enum import Enum

import pytest

from apps.wire.errors import CloseCode
from imsite.serving.daphne_server import MAX_REASON_BYTES, SiteServer


class State(Enum):
    CONNECTING = 1
    OPEN = 3


class RecordingProtocol:
    """The part of daphne's protocol that the server talks to."""

    STATE_OPEN = State.OPEN

    def __init__(self, state: State) -> None:
        self.state = state
        self.closes: list[tuple[type, int, bytes, bool]] = []
        self.replies: list[dict[str, object]] = []

    def sendCloseFrame(self, code: int, reasonUtf8: bytes, isReply: bool) -> None:  # noqa: N802, N803
        self.closes.append((type(code), code, reasonUtf8, isReply))

    def handle_reply(self, message: dict[str, object]) -> None:
        self.replies.append(message)


@pytest.fixture
def server() -> SiteServer:
    server = SiteServer(application=None, endpoints=["tcp:port=1"])
    server.connections = {}
    return server


def connect(server: SiteServer, state: State = State.OPEN) -> RecordingProtocol:
    protocol = RecordingProtocol(state)
    server.connections[protocol] = {}
    return protocol


@pytest.mark.parametrize("code", list(CloseCode))
async def test_an_open_socket_closes_with_any_code(server: SiteServer, code: CloseCode) -> None:
    protocol = connect(server)

    await server.handle_reply(protocol, {"type": "websocket.close", "code": code, "reason": "再见"})

    assert protocol.closes == [(int, int(code), "再见".encode(), False)]


async def test_a_close_without_code_is_normal(server: SiteServer) -> None:
    protocol = connect(server)

    await server.handle_reply(protocol, {"type": "websocket.close"})

    assert protocol.closes == [(int, 1000, b"", False)]


async def test_a_long_reason_is_cut_between_characters(server: SiteServer) -> None:
    protocol = connect(server)

    await server.handle_reply(protocol, {"type": "websocket.close", "reason": "长" * 100})

    [(_type, _code, reason, _reply)] = protocol.closes
    assert len(reason) <= MAX_REASON_BYTES
    assert set(reason.decode()) == {"长"}


async def test_a_refused_handshake_is_daphnes(server: SiteServer) -> None:
    protocol = connect(server, State.CONNECTING)
    message = {"type": "websocket.close", "code": 4400}

    await server.handle_reply(protocol, message)

    assert (protocol.closes, protocol.replies) == ([], [message])


async def test_a_message_is_daphnes(server: SiteServer) -> None:
    protocol = connect(server)
    message = {"type": "websocket.send", "text": "hello"}

    await server.handle_reply(protocol, message)

    assert (protocol.closes, protocol.replies) == ([], [message])
