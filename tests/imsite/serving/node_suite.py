"""What every server that can run a node has to do; each server's test file runs this suite."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.wire.errors import CloseCode
from tests.imsite.serving.node_process import NodeProcess, running_node, start_node


def receive_until_closed(connection: ClientConnection) -> None:
    while True:
        connection.recv(timeout=60)


class NodeSuite:
    """Subclass with `server` set."""

    server: ClassVar[str]

    @pytest.fixture
    def node(self, django_db_setup: None, tmp_path: Path) -> Iterator[NodeProcess]:
        with running_node(self.server, tmp_path) as node:
            yield node

    def test_pages_and_sockets_on_both_ports_until_a_graceful_end(self, node: NodeProcess) -> None:
        assert node.get("/healthz") == (200, b'{"status": "ok"}')
        assert node.get("/healthz", node.ws_port)[0] == 200
        sockets = [connect(node.socket_url(port)) for port in (node.http_port, node.ws_port)]

        node.process.send_signal(signal.SIGTERM)

        for each in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                receive_until_closed(each)
            assert closed.value.rcvd is not None, "the connection broke without a closing handshake"
            assert closed.value.rcvd.code == CloseCode.RESTART
        code, said = node.finish()
        assert code == 0, said
        assert "Traceback" not in said

    def test_it_ends_when_its_supervisor_is_gone(self, node: NodeProcess) -> None:
        assert node.process.stdin is not None

        node.process.stdin.close()

        assert node.process.wait(60) == 0

    def test_a_taken_port_is_one_line(self, django_db_setup: None, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            node = start_node(self.server, tmp_path, http_port=port, ws_port=port)
            code, said = node.finish(60)

        assert code == 1
        assert f"{port}" in said
        assert "IM_HTTP_PORT" in said
        assert "Traceback" not in said
